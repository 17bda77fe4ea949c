"""What AWS takes for a name, a description or a tag, of the kinds that templates here make.

The emulator takes nearly anything, so that a template that AWS refuses would be
green here. Each limit names its page; pages are under
https://docs.aws.amazon.com/, API references under <service>/latest/APIReference/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Properties = dict[str, Any]


@dataclass(frozen=True)
class Limit:
    """How a text must be."""

    least: int
    most: int
    pattern: str
    page: str

    def problem(self, value: str) -> str | None:
        """Why `value` is refused, in AWS's words for a constraint; None if it is taken."""
        if len(value) < self.least:
            return f"Member must have length greater than or equal to {self.least}"
        if len(value) > self.most:
            return f"Member must have length less than or equal to {self.most}"
        if not re.fullmatch(self.pattern, value):
            return f"Member must satisfy regular expression pattern: {self.pattern}"
        return None


def _text(most: int, page: str) -> Limit:
    return Limit(0, most, r"(?s).*", page)


ROLE = Limit(1, 64, r"[\w+=,.@-]+", "IAM API_CreateRole")
POLICY = Limit(1, 128, r"[\w+=,.@-]+", "IAM API_CreatePolicy")
FUNCTION = Limit(1, 64, r"[a-zA-Z0-9_-]+", "lambda/latest/api API_CreateFunction")
TABLE = Limit(3, 255, r"[a-zA-Z0-9_.-]+", "amazondynamodb API_CreateTable")
POOL = Limit(1, 128, r"[\w\s+=,.@-]+", "cognito-user-identity-pools API_CreateUserPool")
CLIENT = Limit(1, 128, r"[\w\s+=,.@-]+", "cognito-user-identity-pools API_CreateUserPoolClient")
GROUP = Limit(1, 128, r"\S+", "cognito-user-identity-pools API_CreateGroup")
USER = Limit(1, 128, r"\S+", "cognito-user-identity-pools API_AdminCreateUser")
DOMAIN = Limit(1, 63, r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", "cognito-user-identity-pools API_CreateUserPoolDomain")
LOG_GROUP = Limit(1, 512, r"[.\-_/#A-Za-z0-9]+", "AmazonCloudWatchLogs API_CreateLogGroup")
QUEUE = Limit(1, 80, r"[A-Za-z0-9_-]+(\.fifo)?", "AWSSimpleQueueService API_CreateQueue")
TOPIC = Limit(1, 256, r"[A-Za-z0-9_-]+(\.fifo)?", "sns/latest/api API_CreateTopic")
MACHINE = Limit(1, 80, r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+", "step-functions API_CreateStateMachine")
RULE = Limit(1, 64, r"[.\-_A-Za-z0-9]+", "eventbridge API_PutRule")
BUS = Limit(1, 256, r"[/.\-_A-Za-z0-9]+", "eventbridge API_CreateEventBus")
ARCHIVE = Limit(1, 48, r"[.\-_A-Za-z0-9]+", "eventbridge API_CreateArchive")
PROJECT = Limit(2, 150, r"[A-Za-z0-9][A-Za-z0-9\-_]*", "codebuild/latest/userguide limits, API_CreateProject")
API = Limit(1, 128, r"(?s).+", "apigatewayv2/latest/api-reference apis")
BUCKET = Limit(
    3,
    63,
    r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)"
    r"[a-z0-9][a-z0-9.-]*[a-z0-9]",
    "AmazonS3/latest/userguide bucketnamingrules",
)
PARAMETER = Limit(1, 1011, r"(?!/?([aA][wW][sS]|[sS][sS][mM])(/|$))[a-zA-Z0-9_.\-/]+", "systems-manager API_PutParameter")
ALARM = Limit(1, 255, r"(?s).+", "AmazonCloudWatch API_PutMetricAlarm")

#: The properties of a template's resources, by type. Those that a template leaves out are not looked at.
OF_RESOURCES: dict[str, dict[str, Limit]] = {
    "AWS::ApiGatewayV2::Api": {"Name": API, "Description": _text(1024, API.page)},
    "AWS::CloudWatch::Alarm": {"AlarmName": ALARM, "AlarmDescription": _text(1024, ALARM.page)},
    "AWS::CodeBuild::Project": {"Name": PROJECT, "Description": _text(255, PROJECT.page)},
    "AWS::Cognito::UserPool": {"UserPoolName": POOL},
    "AWS::Cognito::UserPoolClient": {"ClientName": CLIENT},
    "AWS::Cognito::UserPoolDomain": {"Domain": DOMAIN},
    "AWS::Cognito::UserPoolGroup": {"GroupName": GROUP, "Description": _text(2048, GROUP.page)},
    "AWS::DynamoDB::Table": {"TableName": TABLE},
    "AWS::Events::Archive": {"ArchiveName": ARCHIVE, "Description": _text(512, ARCHIVE.page)},
    "AWS::Events::EventBus": {"Name": BUS, "Description": _text(512, BUS.page)},
    "AWS::Events::Rule": {"Name": RULE, "Description": _text(512, RULE.page)},
    "AWS::IAM::ManagedPolicy": {"ManagedPolicyName": POLICY, "Description": _text(1000, POLICY.page)},
    "AWS::IAM::Role": {"RoleName": ROLE, "Description": _text(1000, ROLE.page)},
    "AWS::Lambda::Function": {"FunctionName": FUNCTION, "Description": _text(256, FUNCTION.page)},
    "AWS::Logs::LogGroup": {"LogGroupName": LOG_GROUP},
    "AWS::S3::Bucket": {"BucketName": BUCKET},
    "AWS::SNS::Topic": {"TopicName": TOPIC},
    "AWS::SQS::Queue": {"QueueName": QUEUE},
    "AWS::SSM::Parameter": {"Name": PARAMETER, "Description": _text(1024, PARAMETER.page), "Value": _text(8192, PARAMETER.page)},
    "AWS::StepFunctions::StateMachine": {"StateMachineName": MACHINE},
}

#: Tags of a resource: how many, and how long ("Tag your AWS resources", tag-editor/latest/userguide/tagging).
TAGS_MOST = 50
TAG_KEY = Limit(1, 128, r"(?![aA][wW][sS]:)[\w\s.:/=+@-]+", "tag-editor/latest/userguide tagging")
TAG_VALUE = Limit(0, 256, r"(?s).*", "tag-editor/latest/userguide tagging")


def problems(resource_type: str, properties: Properties) -> Iterator[str]:
    """What AWS refuses of a resource's properties."""
    for name, limit in OF_RESOURCES.get(resource_type, {}).items():
        value = properties.get(name)
        problem = limit.problem(value) if isinstance(value, str) else None
        if problem:
            yield f"Value at '{name}' failed to satisfy constraint: {problem} ({limit.page})"
    yield from _tag_problems(properties.get("Tags"))


def _tag_problems(tags: Any) -> Iterator[str]:
    if isinstance(tags, dict):
        pairs = [(str(key), value) for key, value in tags.items()]
    elif isinstance(tags, list):
        pairs = [(str(tag.get("Key")), tag.get("Value")) for tag in tags if isinstance(tag, dict)]
    else:
        return
    # CloudFormation's own tags do not count.
    own = [(key, value) for key, value in pairs if not key.startswith("aws:cloudformation:")]
    if len(own) > TAGS_MOST:
        yield f"A resource can have at most {TAGS_MOST} tags ({TAG_KEY.page})"
    for key, value in own:
        problem = TAG_KEY.problem(key) or TAG_VALUE.problem(value if isinstance(value, str) else "")
        if problem:
            yield f"The tag '{key[:200]}' failed to satisfy constraint: {problem} ({TAG_KEY.page})"
