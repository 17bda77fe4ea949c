"""The credentials of this local cloud: made for its start, and the only ones of the account itself.

The environment that it starts in has them (`AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`). Keys that the account makes for itself (IAM users' and
STS's) count as well, and those of `identities`. The emulator would take `test`, an account's number and no key at
all for the account: nobody has made those secret, so they are nobody's here.
"""

from __future__ import annotations

import os

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id


def resolve(key: str, token: str) -> iam_evaluator.ResolvedCredential | iam_evaluator.CredentialResolutionError:
    """The credential that a request names by its access key and session token, or why it is none."""
    if key != os.environ["AWS_ACCESS_KEY_ID"] and iam_evaluator.is_root_access_key(key):
        return iam_evaluator._unknown_access_key()
    account = iam_evaluator.find_iam_access_key_account(key) or get_account_id()
    return iam_evaluator.resolve_credential(key, account, token)
