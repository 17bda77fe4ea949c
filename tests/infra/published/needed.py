"""What CloudFormation calls for a resource under a role, by the schema of the resource's type.

A schema names a call for every property that its type has. Those for properties that a template does
not have are left out, by the table below; whoever adds such a property is asked for its calls.
"""

from __future__ import annotations

import fnmatch
from typing import Any

from . import authorization

HANDLERS = ("create", "read", "update", "delete")

#: Calls, and the properties that ask for them; with none of these no call is made.
FOR_PROPERTIES: dict[str, dict[str, tuple[str, ...]]] = {
    "AWS::ApiGatewayV2::Api": {"s3:getObject": ("BodyS3Location",)},
    "AWS::ApiGatewayV2::Authorizer": {"iam:PassRole": ("AuthorizerCredentialsArn",)},
    "AWS::ApiGatewayV2::Integration": {"iam:PassRole": ("CredentialsArn",)},
    "AWS::Cognito::UserPool": {
        "iam:CreateServiceLinkedRole": ("EmailConfiguration",),
        "iam:PassRole": ("SmsConfiguration",),
        "kms:*": ("KeyConfiguration", "LambdaConfig"),
    },
    "AWS::Cognito::UserPoolClient": {"iam:*": ("AnalyticsConfiguration",)},
    "AWS::DynamoDB::Table": {
        "dynamodb:DescribeImport": ("ImportSourceSpecification",),
        "dynamodb:ImportTable": ("ImportSourceSpecification",),
        "logs:*": ("ImportSourceSpecification",),
        "s3:*": ("ImportSourceSpecification",),
        "dynamodb:*KinesisStreamingDestination": ("KinesisStreamSpecification",),
        "kinesis:*": ("KinesisStreamSpecification",),
        "dynamodb:UpdateContributorInsights": ("ContributorInsightsSpecification",),
        "dynamodb:UpdateTimeToLive": ("TimeToLiveSpecification",),
        "dynamodb:*tResourcePolicy": ("ResourcePolicy",),
        "dynamodb:*eResourcePolicy": ("ResourcePolicy",),
        # With the key that AWS keeps for DynamoDB, whose own policy lets every caller of DynamoDB in.
        "kms:*": ("SSESpecification.KMSMasterKeyId",),
        # Replicas, which this type does not have (AWS::DynamoDB::GlobalTable does); items move to them.
        "dynamodb:*TableReplica": (),
        "dynamodb:*Item": (),
        "dynamodb:Query": (),
        "dynamodb:Scan": (),
        "iam:CreateServiceLinkedRole": (),
    },
    "AWS::IAM::Role": {
        "iam:*chRolePolicy": ("ManagedPolicyArns",),
        # Without it no role of a tenant may be: it is not to be allowed.
        "iam:DeleteRolePermissionsBoundary": (),
    },
    "AWS::Lambda::Function": {
        "ec2:*": ("VpcConfig",),
        "elasticfilesystem:*": ("FileSystemConfigs",),
        "s3files:*": ("FileSystemConfigs",),
        "kms:*": ("KmsKeyArn",),
        "lambda:*CodeSigningConfig": ("CodeSigningConfigArn",),
        "lambda:*FunctionConcurrency": ("ReservedConcurrentExecutions",),
        "lambda:GetLayerVersion": ("Layers",),
        "lambda:PassCapacityProvider": ("CapacityProviderConfig",),
        "lambda:PublishVersion": ("PublishToLatestPublished",),
        "lambda:PutFunctionRecursionConfig": ("RecursiveLoop",),
        "lambda:PutFunctionScalingConfig": ("FunctionScalingConfig",),
        "lambda:PutRuntimeManagementConfig": ("RuntimeManagementConfig",),
        # No service has it: policies cannot name it.
        "lambda:AssociateRuntimeAlias": (),
    },
    "AWS::Logs::LogGroup": {
        "logs:*ssociateKmsKey": ("KmsKeyId",),
        "logs:PutDataProtectionPolicy": ("DataProtectionPolicy",),
        "logs:*tIndexPolicy": ("FieldIndexPolicies",),
        "logs:*eIndexPolicy": ("FieldIndexPolicies",),
        "logs:DeleteResourcePolicy": ("ResourcePolicyDocument",),
        "logs:PutBearerTokenAuthentication": ("BearerTokenAuthenticationEnabled",),
        "logs:PutLogGroupDeletionProtection": ("DeletionProtectionEnabled",),
        # Deliveries to S3 and Firehose, which a log group does not have.
        "firehose:TagDeliveryStream": (),
        "s3:REST.PUT.OBJECT": (),
    },
}

#: Calls that the reading of every resource makes, whatever its properties: not left out by a pattern above.
ALWAYS = ("dynamodb:DescribeKinesisStreamingDestination", "dynamodb:GetResourcePolicy", "lambda:GetFunctionCodeSigningConfig")


def calls(kind: str, properties: dict[str, Any]) -> list[tuple[str, str]]:
    """The handlers and the calls that they make for a resource of this type with these properties."""
    schema = authorization.schema(kind)
    found = []
    for handler in HANDLERS:
        named = list(schema["handlers"].get(handler, {}).get("permissions", ()))
        if schema.get("tagging", {}).get("taggable") and handler == "update":
            named.extend(schema["tagging"].get("permissions", ()))
        found.extend((handler, call) for call in dict.fromkeys(named) if _made(kind, properties, call))
    return found


def _made(kind: str, properties: dict[str, Any], call: str) -> bool:
    if call in ALWAYS:
        return True
    for pattern, names in FOR_PROPERTIES.get(kind, {}).items():
        if fnmatch.fnmatchcase(call, pattern):
            return any(_is_set(properties, name) for name in names)
    return True


def _is_set(properties: dict[str, Any], name: str) -> bool:
    first, _, rest = name.partition(".")
    found = properties.get(first)
    return found is not None and (not rest or _is_set(found, rest))
