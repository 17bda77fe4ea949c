"""A tenant's name and outputs through the real build: buildspec, scripts, CloudFormation."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any

from .cloud import ROLE, zipped
from .test_cloudformation import StackCase

SILO = Path(__file__).resolve().parents[2] / "silo"
TENANT = "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11"
KEY = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n"
REFERENCE = "{{resolve:ssm:/prod/db-password}}"


class BuildTest(StackCase):
    """A template of a company's own that hands the name on to a resource, and has an output of several lines."""

    def template(self) -> str:
        names = ("ControlPlane", "TenantId", "NamePrefix", "TenantName", "Tier", "Release", "LogRetentionDays", "Architecture", "PermissionsBoundaryArn")
        seen = {"Type": "String", "Name": {"Fn::Sub": "/${NamePrefix}/seen"}, "Value": {"Ref": "TenantName"}}
        return json.dumps(
            {
                "Parameters": {name: {"Type": "String"} for name in names},
                "Resources": {"Seen": {"Type": "AWS::SSM::Parameter", "Properties": seen}},
                "Outputs": {"ApiUrl": {"Value": KEY}},
            }
        )

    def provision(self, name: str, plane: str) -> dict[str, Any]:
        s3, bucket = self.server.client("s3"), self.name("package")
        s3.create_bucket(Bucket=bucket)
        files = {path.name: path.read_text() for path in SILO.iterdir() if path.suffix in (".py", ".yml")}
        s3.put_object(Bucket=bucket, Key="silo.zip", Body=zipped({**files, "tenant-silo.yaml": self.template()}))
        source = {"type": "S3", "location": f"{bucket}/silo.zip", "buildspec": "provision-silo.yml"}
        variables = {
            "TENANT_ID": TENANT,
            "TENANT_NAME": name,
            "TENANT_TIER": "platinum",
            "TENANT_STACK_PREFIX": f"{plane}-tenant-",
            "TENANT_STACK_NAME": f"{plane}-tenant-{TENANT}",
            "TENANT_NAME_PREFIX": plane,
            "OPERATION_ID": "1-1",
            "RELEASE": "r1",
            "LOG_RETENTION_DAYS": "30",
            "ARCHITECTURE": "arm64",
            "PERMISSIONS_BOUNDARY_ARN": ROLE,
            "CLOUDFORMATION_ROLE_ARN": ROLE,
        }
        override = [{"name": each, "value": value, "type": "PLAINTEXT"} for each, value in variables.items()]
        started = self.codebuild.start_build(projectName=self.project(None, source=source), environmentVariablesOverride=override)
        record = self.built(started["build"]["id"])
        self.assertEqual(record["buildStatus"], "SUCCEEDED", self.log_of(record))
        return record

    def test_a_name_is_no_dynamic_reference(self) -> None:
        """A reference that reaches a resource by a parameter is resolved ("Using dynamic references to specify template
        values"); one that is a tenant's name is not, and stays readable."""
        ssm = self.server.client("ssm")
        ssm.put_parameter(Name="/prod/db-password", Value="hunter2", Type="String", Overwrite=True)
        # The same template with the reference as a plain parameter: here, too, CloudFormation resolves it.
        stack, template = self.name("stack"), json.loads(self.template())
        given = [{"ParameterKey": name, "ParameterValue": "x"} for name in template["Parameters"] if name != "TenantName"]
        given.append({"ParameterKey": "TenantName", "ParameterValue": REFERENCE})
        self.cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template), Parameters=given)
        self.cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
        self.assertEqual(ssm.get_parameter(Name="/x/seen")["Parameter"]["Value"], "hunter2")
        for at, name in enumerate((REFERENCE, "Tea {{resolve:ssm:/prod/db-password}} Co", "{" + REFERENCE + "}")):
            plane = f"p{at}"
            self.provision(name, plane)
            seen = ssm.get_parameter(Name=f"/{plane}-{TENANT}/seen")["Parameter"]["Value"]
            self.assertNotIn("hunter2", seen)
            self.assertEqual(seen.replace(" ", ""), name.replace(" ", ""))

    def test_an_output_keeps_its_lines(self) -> None:
        """A key in PEM comes out of the build with all of its line breaks, in a variable of one line."""
        record = self.provision("Plain {Name}", "p9")
        exported = {each["name"]: each["value"] for each in record["exportedEnvironmentVariables"]}
        self.assertNotIn("\n", exported["API_URL"])
        self.assertEqual(json.loads(exported["API_URL"].removeprefix("json:")), KEY)
        seen = self.server.client("ssm").get_parameter(Name=f"/p9-{TENANT}/seen")["Parameter"]["Value"]
        self.assertEqual(seen, "Plain {Name}")


if __name__ == "__main__":
    unittest.main()
