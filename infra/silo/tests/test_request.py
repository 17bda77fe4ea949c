"""python3 -m unittest discover -s infra/silo/tests -t infra/silo"""

import json
import unittest

from request import InvalidRequest, Request

TENANT = "0190a1b2-0000-7000-8000-000000000001"
GOOD = {
    "TENANT_ID": TENANT,
    "TENANT_NAME": "Tea \"$(touch /tmp/x)\" {{resolve:ssm:x}} ${AWS::Region}\n'",
    "TENANT_TIER": "platinum",
    "TENANT_STACK_PREFIX": "tenantry-tenant-",
    "TENANT_STACK_NAME": f"tenantry-tenant-{TENANT}",
    "TENANT_NAME_PREFIX": "t-51af3dc0",
    "OPERATION_ID": "1-1",
    "RELEASE": "0.1.0",
    "LOG_RETENTION_DAYS": "30",
    "ARCHITECTURE": "arm64",
    "PERMISSIONS_BOUNDARY_ARN": "arn:aws:iam::123456789012:policy/tenantry-tenant-boundary",
    "CLOUDFORMATION_ROLE_ARN": "arn:aws:iam::123456789012:role/tenantry-silo",
}


class Read(unittest.TestCase):
    def test_the_name_is_data_to_the_letter(self):
        parameters = {p["ParameterKey"]: p["ParameterValue"] for p in Request.read(GOOD).parameters()}
        self.assertEqual(parameters["TenantName"], GOOD["TENANT_NAME"])
        self.assertEqual(json.loads(json.dumps(parameters)), parameters)

    def test_names_begin_with_the_prefix_and_the_tenants_id(self):
        parameters = {p["ParameterKey"]: p["ParameterValue"] for p in Request.read(GOOD).parameters()}
        self.assertEqual(parameters["NamePrefix"], f"t-51af3dc0-{TENANT}")

    def test_the_name_is_in_no_tag(self):
        tags = {tag["Key"]: tag["Value"] for tag in Request.read(GOOD).tags()}
        self.assertEqual(tags["tenantry:tenant-id"], TENANT)
        self.assertEqual(tags["tenantry:control-plane"], "tenantry")
        self.assertNotIn(GOOD["TENANT_NAME"], tags.values())

    def test_anything_else_is_refused_by_name(self):
        bad = {
            "TENANT_ID": ["", "x; rm -rf /", TENANT.upper() + "A", TENANT + "\n"],
            "TENANT_STACK_NAME": ["", "tenantry", f"other-tenant-{TENANT}", f"tenantry-tenant-{TENANT}x"],
            "TENANT_NAME_PREFIX": ["", "T-1", "t-51af3dc0-", "t-51af3dc0ab", "t_1", "1t"],
            "TENANT_TIER": ["", "a b", "$(x)"],
            "OPERATION_ID": ["", "1", "1-1;"],
            "ARCHITECTURE": ["mips"],
            "CLOUDFORMATION_ROLE_ARN": ["", "arn:aws:iam::1:role/x"],
        }
        for name, values in bad.items():
            for value in values:
                with self.assertRaises(InvalidRequest, msg=f"{name}={value!r}") as raised:
                    Request.read({**GOOD, name: value})
                self.assertIn(name, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
