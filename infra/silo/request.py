"""What a build is asked to do, read from its environment and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, List

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,90}-tenant-")
NAMES = re.compile(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
TIER = re.compile(r"[a-z][a-z0-9-]{0,31}")
OPERATION = re.compile(r"[0-9]{1,20}-[0-9]{1,10}")
ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(role|policy)/[A-Za-z0-9+=,.@_/-]{1,576}")


class InvalidRequest(Exception):
    """A variable is missing or not as it must be."""


@dataclass(frozen=True)
class Request:
    """One operation on one tenant's stack."""

    tenant_id: str
    tenant_name: str
    tier: str
    operation_id: str
    stack_name: str
    name_prefix: str
    control_plane: str
    release: str
    log_retention_days: str
    architecture: str
    boundary_arn: str
    role_arn: str

    @staticmethod
    def read(environment: Dict[str, str]) -> "Request":
        """The request in `environment`. Raises InvalidRequest, naming the variable."""

        def matching(name: str, pattern: "re.Pattern[str]") -> str:
            value = environment.get(name, "")
            if not pattern.fullmatch(value):
                raise InvalidRequest(f"{name} is missing or not of the form {pattern.pattern}")
            return value

        prefix = matching("TENANT_STACK_PREFIX", PREFIX)
        tenant_id = matching("TENANT_ID", UUID)
        stack_name = environment.get("TENANT_STACK_NAME", "")
        if stack_name != prefix + tenant_id:
            raise InvalidRequest("TENANT_STACK_NAME is not the prefix and the tenant's id")
        return Request(
            tenant_id=tenant_id,
            tenant_name=environment.get("TENANT_NAME", ""),
            tier=matching("TENANT_TIER", TIER),
            operation_id=matching("OPERATION_ID", OPERATION),
            stack_name=stack_name,
            name_prefix=matching("TENANT_NAME_PREFIX", NAMES) + "-" + tenant_id,
            control_plane=prefix[: -len("-tenant-")],
            release=matching("RELEASE", WORD),
            log_retention_days=matching("LOG_RETENTION_DAYS", re.compile(r"[0-9]{1,4}")),
            architecture=matching("ARCHITECTURE", re.compile(r"x86_64|arm64")),
            boundary_arn=matching("PERMISSIONS_BOUNDARY_ARN", ARN),
            role_arn=matching("CLOUDFORMATION_ROLE_ARN", ARN),
        )

    def parameters(self) -> List[Dict[str, str]]:
        """The parameters of the tenant's stack."""
        values = {
            "ControlPlane": self.control_plane,
            "TenantId": self.tenant_id,
            "NamePrefix": self.name_prefix,
            "TenantName": self.tenant_name,
            "Tier": self.tier,
            "Release": self.release,
            "LogRetentionDays": self.log_retention_days,
            "Architecture": self.architecture,
            "PermissionsBoundaryArn": self.boundary_arn,
        }
        return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]

    def tags(self) -> List[Dict[str, str]]:
        """The tags of the stack, which CloudFormation gives to its resources as well."""
        values = {
            "tenantry:control-plane": self.control_plane,
            "tenantry:tenant-id": self.tenant_id,
            "tenantry:tier": self.tier,
            "tenantry:release": self.release,
        }
        return [{"Key": key, "Value": value} for key, value in values.items()]
