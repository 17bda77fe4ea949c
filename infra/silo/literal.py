"""Text that CloudFormation is to take for text.

CloudFormation replaces a dynamic reference, `{{resolve:service:key}}`, wherever
one arrives in a resource's property, also by way of a parameter: a tenant of that
name would be given a secret of the account ("Using dynamic references to specify
template values", AWS CloudFormation User Guide).
"""

from __future__ import annotations

import re

# Braces before the word, apart or not: a template's own text may put one more in front.
_OPENING = re.compile(r"\{[\s{]*(?=resolve:)", re.IGNORECASE)


def literal(text: str) -> str:
    """`text` with spaces in it wherever a dynamic reference could begin; any other text as it is.

    There is no escape for a dynamic reference, so the text itself must change:
    `{{resolve:ssm:x}}` becomes `{ { resolve:ssm:x}}`.
    """
    return _OPENING.sub(lambda found: re.sub(r"\{(?! )", "{ ", found.group()), text)
