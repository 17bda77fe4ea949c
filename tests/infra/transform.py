"""Prints a template as the SAM transform makes it, as JSON.

Code and definitions that lie on this machine stand for uploaded ones, as
`aws cloudformation package` would leave them.
"""

import json
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """Ours names no policy of AWS's by its short name."""

    @staticmethod
    def load() -> dict[str, str]:
        return {}


with open(sys.argv[1], encoding="utf-8") as source:
    template = yaml_parse(source.read())
for resource in template["Resources"].values():
    for name in ("CodeUri", "DefinitionUri"):
        if name in resource.get("Properties", {}):
            resource["Properties"][name] = "s3://bucket/key"
print(json.dumps(transform(template, {}, NoManagedPolicies())))
