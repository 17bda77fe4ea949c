"""Who may ask the local cloud for anything: its own names, no page of another origin, signed requests.

Pages: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html and the pages below it,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html, the Fetch Standard, and
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import re
import stat
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.exceptions
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from ministack.core import iam_actions

from .cloud import ACCOUNT, KEY, REGION, ROLE, SECRET, CloudTest
from .test_cloudformation import StackCase

Headers = dict[str, str]

JSON = "application/x-amz-json-1.1"
#: What is signed, refused and attacked: an operation of each protocol that the control plane uses.
CALLS: dict[str, tuple[str, dict[str, Any], str]] = {
    "apigatewayv2": ("get_apis", {}, "UnrecognizedClientException"),
    "cloudformation": ("list_stacks", {}, "InvalidClientTokenId"),
    "codebuild": ("list_projects", {}, "UnrecognizedClientException"),
    "cognito-idp": ("list_user_pools", {"MaxResults": 1}, "UnrecognizedClientException"),
    "dynamodb": ("list_tables", {}, "UnrecognizedClientException"),
    "events": ("list_event_buses", {}, "UnrecognizedClientException"),
    "iam": ("list_roles", {}, "InvalidClientTokenId"),
    "lambda": ("list_functions", {}, "UnrecognizedClientException"),
    "logs": ("describe_log_groups", {}, "UnrecognizedClientException"),
    "s3": ("list_buckets", {}, "InvalidAccessKeyId"),
    "sns": ("list_topics", {}, "InvalidClientTokenId"),
    "sqs": ("list_queues", {}, "InvalidClientTokenId"),
    "stepfunctions": ("list_state_machines", {}, "UnrecognizedClientException"),
    "sts": ("get_caller_identity", {}, "InvalidClientTokenId"),
}
#: The code for a right key and a wrong secret.
MISMATCH = {"UnrecognizedClientException": "InvalidSignatureException"}


class DoorTest(StackCase):
    def ask(self, method: str, path: str, headers: Headers, body: bytes = b"") -> tuple[int, Headers, bytes]:
        """A request with these headers and no others."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": f"127.0.0.1:{self.server.port}", **headers}.items():
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def signed(
        self, service: str, method: str, path: str, headers: Headers, body: bytes, secret: str = SECRET
    ) -> Headers:
        """The headers with those that botocore signs them with."""
        request = AWSRequest(method, f"{self.server.endpoint}{path}", headers=headers, data=body)
        SigV4Auth(Credentials(KEY, secret), service, REGION).add_auth(request)
        return {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}


class HostTest(DoorTest):
    def test_only_its_own_names(self) -> None:
        """A request for another host, as DNS rebinding makes it, is refused, signed or not; its own names are answered."""
        port = self.server.port
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", f"LOCALHOST:{port}"):
            with self.subTest(host):
                self.assertEqual(self.ask("GET", "/_ministack/health", {"Host": host})[0], 200)
        for host in (
            "evil.example",
            f"evil.example:{port}",
            f"localhost.evil.example:{port}",
            f"127.0.0.1.evil.example:{port}",
            f"evil.localhost:{port}",
            f"bucket.s3.127.0.0.1:{port}",
            f"0.0.0.0:{port}",
            "127.0.0.1",
            "localhost:1",
            f"localhost:{port}@evil.example",
            "",
        ):
            for path in ("/_ministack/health", "/", "/_aws/execute-api/a/b/c"):
                with self.subTest(host, path=path):
                    status, _, body = self.ask("GET", path, {"Host": host})
                    self.assertEqual((status, b"Host" in body), (403, True), body)


class OriginTest(DoorTest):
    def test_no_page_of_another_origin(self) -> None:
        """Whatever a browser says of another origin's page ends a request, signed or not, also a preflight, a form and an image."""
        port = self.server.port
        foreign: list[Headers] = [
            {"Origin": origin}
            for origin in (
                "https://evil.example",
                "http://localhost:3000",
                "http://localhost",
                f"https://localhost:{port}",
                f"http://evil.example:{port}",
                f"http://127.0.0.1:{port}.evil.example",
                "null",
                "",
                f"http://127.0.0.1:{port}, https://evil.example",
            )
        ]
        foreign += [{"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "Cross-Site", "new-word")]
        body = b"{}"
        target = {"X-Amz-Target": "CodeBuild_20161006.ListProjects", "Content-Type": JSON}
        good = self.signed("codebuild", "POST", "/", target, body)
        self.assertEqual(self.ask("POST", "/", good, body)[0], 200)
        for headers in foreign:
            for method, path, more, content in (
                ("POST", "/", good, body),
                ("OPTIONS", "/", {"Access-Control-Request-Method": "POST"}, b""),
                ("POST", "/", {"Content-Type": "text/plain"}, body),
                ("GET", "/_ministack/health", {}, b""),
                ("POST", "/_ministack/reset", {}, b""),
                ("GET", "/_aws/execute-api/none/$default/x", {}, b""),
            ):
                with self.subTest(str(headers), method=method, path=path):
                    status, answered, said = self.ask(method, path, {**more, **headers}, content)
                    self.assertEqual(status, 403, said)
                    self.assertEqual([name for name in answered if name.startswith("access-control-")], [])

    def test_its_own_pages_and_the_user(self) -> None:
        """An address that was typed, and a page of its own, are answered; no answer lets another origin read it."""
        own = f"http://127.0.0.1:{self.server.port}"
        for headers in ({"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": own}, {}):
            with self.subTest(str(headers)):
                status, answered, _ = self.ask("GET", "/_ministack/health", headers)
                self.assertEqual(status, 200)
                self.assertEqual([name for name in answered if name.startswith("access-control-")], [])
        signed = self.signed("s3", "GET", "/", {}, b"")
        self.assertFalse([name for name in self.ask("GET", "/", signed)[1] if name.startswith("access-control-")])

    def test_an_api_says_whose_pages_may_use_it(self) -> None:
        """An API's CORS configuration lets a page of the origins that it names in, and no other (http-api-cors)."""
        cors = {"AllowOrigins": ["http://localhost:3000"], "AllowMethods": ["GET"], "AllowHeaders": ["authorization"]}
        open_api, closed = self.api(CorsConfiguration=cors), self.api()
        shop, evil = {"Origin": "http://localhost:3000"}, {"Origin": "https://evil.example"}
        preflight = {"Access-Control-Request-Method": "GET"}
        for api, headers, method, status in (
            (open_api, shop, "GET", 500),
            (open_api, {**shop, "Sec-Fetch-Site": "same-site"}, "GET", 500),
            (open_api, {**shop, **preflight}, "OPTIONS", 204),
            (open_api, evil, "GET", 403),
            (open_api, {**evil, **preflight}, "OPTIONS", 403),
            (open_api, {"Sec-Fetch-Site": "cross-site"}, "GET", 403),
            (closed, shop, "GET", 403),
            (closed, {}, "GET", 500),
        ):
            with self.subTest(str(headers), api=api, method=method):
                found, answered, body = self.ask(method, f"/_aws/execute-api/{api}/$default/x", headers)
                self.assertEqual(found, status, body)
                allowed = answered.get("access-control-allow-origin")
                self.assertEqual(allowed, shop["Origin"] if status == 204 else None)

    def api(self, **properties: Any) -> str:
        """An API whose one route leads nowhere, so that a request that is let in gives 500."""
        api = {"Name": "api", "ProtocolType": "HTTP", **properties}
        route = {"ApiId": {"Ref": "Api"}, "RouteKey": "GET /x"}
        stage = {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True}
        resources = {
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": api},
            "Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": route},
            "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "DependsOn": "Route", "Properties": stage},
        }
        return self.deploy(self.name("stack"), resources, {"Api": {"Ref": "Api"}})["Api"]


class SignatureTest(DoorTest):
    def client(self, service: str, key: str, secret: str, token: str | None = None) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}),
        )

    def test_every_service_asks_for_it(self) -> None:
        """A right signature is taken; a wrong secret, `test`, an account's number and no key are AWS's own errors."""
        for service, (operation, arguments, unknown) in CALLS.items():
            with self.subTest(service):
                self.assertTrue(getattr(self.client(service, KEY, SECRET), operation)(**arguments))
            mismatch = MISMATCH.get(unknown, "SignatureDoesNotMatch")
            for key, secret, code in (
                (KEY, SECRET[:-1] + ("a" if SECRET[-1] != "a" else "b"), mismatch),
                ("test", "test", unknown),
                ("test", SECRET, unknown),
                (ACCOUNT, SECRET, unknown),
                ("AKIAIOSFODNN7EXAMPLE", SECRET, unknown),
            ):
                with self.subTest(service, key=key, code=code):
                    with self.assertRaises(botocore.exceptions.ClientError) as refused:
                        getattr(self.client(service, key, secret), operation)(**arguments)
                    self.assertEqual(refused.exception.response["Error"]["Code"], code)

    def test_every_part_is_signed(self) -> None:
        """A request of which any part is another than was signed is refused: method, path, query, header, body, time, scope."""
        headers = {"X-Amz-Target": "CodeBuild_20161006.ListProjects", "Content-Type": JSON}
        body, path = b'{"sortOrder": "ASCENDING"}', "/?a=1&b=%2Fx%20y&a=0&c="
        good = self.signed("codebuild", "POST", path, headers, body)
        self.assertEqual(self.ask("POST", path, good, body)[0], 200)

        def other(name: str, was: str, now: str) -> Headers:
            self.assertIn(was, good[name])
            return {**good, name: good[name].replace(was, now)}

        later = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + 60))
        for what, method, where, sent, content in (
            ("method", "PUT", path, good, body),
            ("path", "POST", "/x" + path[1:], good, body),
            ("query", "POST", path + "1", good, body),
            ("one more parameter", "POST", path + "&d=1", good, body),
            ("target", "POST", path, other("X-Amz-Target", "ListProjects", "ListBuilds"), body),
            ("body", "POST", path, good, body.replace(b"ASC", b"DESC")),
            ("no body", "POST", path, good, b""),
            ("date", "POST", path, {**good, "X-Amz-Date": later}, body),
            ("region", "POST", path, other("Authorization", REGION, "eu-west-1"), body),
            ("service", "POST", path, other("Authorization", "/codebuild/", "/s3/"), body),
            ("headers", "POST", path, other("Authorization", "x-amz-target", "x-amz-other"), body),
            ("host not signed", "POST", path, other("Authorization", "content-type;host;", "content-type;"), body),
            ("signature", "POST", path, {**good, "Authorization": good["Authorization"][:-4] + "0000"}, body),
        ):
            with self.subTest(what):
                status, _, said = self.ask(method, where, sent, content)
                self.assertIn(status, (400, 403), said)
                self.assertRegex(said.decode(), "InvalidSignature|SignatureDoesNotMatch|IncompleteSignature")

    def test_paths_and_bodies_of_every_kind(self) -> None:
        """Keys with spaces, percent signs, slashes and other scripts, queries and bodies of bytes are signed as botocore does."""
        s3, bucket = self.server.client("s3"), self.name("bucket")
        s3.create_bucket(Bucket=bucket)
        for key in ("a b", "a%20b", "a//b", "ä/ß", "a+b", "x=y&z", "~._-", "(a)*'!"):
            with self.subTest(key):
                s3.put_object(Bucket=bucket, Key=key, Body=key.encode() + bytes(range(256)))
                self.assertEqual(s3.get_object(Bucket=bucket, Key=key)["Body"].read()[:-256], key.encode())
                self.assertEqual(s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"], 1)
        s3.put_object(Bucket=bucket, Key="large", Body=b"x" * 9_000_000)

    def test_the_time_of_a_signature(self) -> None:
        """A signature is good for some minutes around its time, and for no other (reference_sigv-troubleshooting)."""
        for service, minutes, skew, refused in (
            ("codebuild", 5, 4, False),
            ("codebuild", 5, 6, True),
            ("codebuild", 5, -6, True),
            ("sqs", 15, 14, False),
            ("sqs", 15, 16, True),
        ):
            with self.subTest(service, skew=skew):
                target = {"sqs": "AmazonSQS.ListQueues", "codebuild": "CodeBuild_20161006.ListProjects"}[service]
                request = AWSRequest("POST", f"{self.server.endpoint}/", headers={"X-Amz-Target": target}, data=b"{}")
                signer = SigV4Auth(Credentials(KEY, SECRET), service, REGION)
                signed_at = time.time() - 60 * skew
                stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(signed_at))
                request.context["timestamp"] = stamp
                request.headers["X-Amz-Date"] = stamp
                text = signer.string_to_sign(request, signer.canonical_request(request))
                signer._inject_signature_to_request(request, signer.signature(text, request))
                headers = {name: str(value) for name, value in request.headers.items()}
                status, _, said = self.ask("POST", "/", headers, b"{}")
                self.assertEqual(status >= 400, refused, said)

    def test_keys_of_the_account(self) -> None:
        """A user's access key and a role's session are taken with their own secrets and token, and refused without."""
        iam, name = self.server.client("iam"), self.name("user")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        pair = key["AccessKeyId"], key["SecretAccessKey"]
        self.assertTrue(self.client("sts", *pair).get_caller_identity()["Arn"].endswith(name))
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "SignatureDoesNotMatch"):
            self.client("sts", pair[0], SECRET).get_caller_identity()
        iam.delete_access_key(UserName=name, AccessKeyId=pair[0])
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "InvalidClientTokenId"):
            self.client("sts", *pair).get_caller_identity()
        document = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        session = self.server.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
        pair, token = (session["AccessKeyId"], session["SecretAccessKey"]), session["SessionToken"]
        self.assertIn(name, self.client("sts", *pair, token).get_caller_identity()["Arn"])
        for wrong in (None, "another"):
            with self.assertRaises(botocore.exceptions.ClientError):
                self.client("sts", *pair, wrong).get_caller_identity()

    def test_presigned_urls(self) -> None:
        """A presigned URL of S3 is good for its method and key until it is over, in both versions, and for no other service."""
        s3, bucket = self.server.client("s3"), self.name("bucket")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="a b", Body=b"there")
        for version in ("s3v4", "s3"):
            client = boto3.client(
                "s3", endpoint_url=self.server.endpoint, region_name=REGION, aws_access_key_id=KEY,
                aws_secret_access_key=SECRET, config=Config(signature_version=version, s3={"addressing_style": "path"}),
            )
            where = {"Bucket": bucket, "Key": "a b"}

            def url(operation: str, seconds: int, client: Any = client, where: Any = where) -> str:
                made: str = client.generate_presigned_url(operation, Params=where, ExpiresIn=seconds)
                return made[len(self.server.endpoint) :]

            with self.subTest(version):
                get, put = url("get_object", 60), url("put_object", 60)
                self.assertEqual(self.ask("GET", get, {})[::2], (200, b"there"))
                self.assertEqual(self.ask("PUT", put, {}, b"there")[0], 200)
                self.assertEqual(self.ask("PUT", get, {}, b"x")[0], 403)
                self.assertEqual(self.ask("GET", get.replace("a%20b", "other"), {})[0], 403)
                self.assertEqual(self.ask("GET", get[:-2], {})[0], 403)
                self.assertEqual(self.ask("GET", get, {"Origin": "https://evil.example"})[0], 403)
                for target in ("CodeBuild_20161006.StartBuild", "AWSEvents.PutEvents"):
                    status, _, said = self.ask("PUT", put, {"X-Amz-Target": target, "Content-Type": JSON}, b"{}")
                    self.assertEqual((status, b"InvalidSignature" in said), (400, True), said)
                over = url("get_object", 1)
                time.sleep(2.1)
                self.assertEqual(self.ask("GET", over, {})[0], 403)

    def test_a_body_that_was_changed(self) -> None:
        """An object of which the hash is another than was signed is refused (XAmzContentSHA256Mismatch)."""
        s3, bucket = self.server.client("s3"), self.name("bucket")
        s3.create_bucket(Bucket=bucket)
        signed = {"X-Amz-Content-SHA256": hashlib.sha256(b"mine").hexdigest()}
        headers = self.signed("s3", "PUT", f"/{bucket}/k", signed, b"mine")
        status, _, said = self.ask("PUT", f"/{bucket}/k", headers, b"mean")
        self.assertEqual((status >= 400, b"XAmzContentSHA256Mismatch" in said), (True, True), said)

    def test_users_of_a_pool_need_none(self) -> None:
        """Of Cognito's operations exactly those are taken unsigned that the SDK's model sends so."""
        operations = self.server.client("cognito-idp").meta.service_model.operation_names
        unsigned = iam_actions.unsigned_operations("cognito-idp")
        self.assertGreater(len(unsigned), 20)
        for operation in operations:
            with self.subTest(operation):
                target = f"AWSCognitoIdentityProviderService.{operation}"
                _, _, said = self.ask("POST", "/", {"X-Amz-Target": target, "Content-Type": JSON}, b"{}")
                self.assertEqual(b"MissingAuthenticationToken" in said, operation not in unsigned, said)

    def test_nothing_else_is_unsigned(self) -> None:
        """The emulator's own pages, other services, and what only looks like a user's operation are refused unsigned."""
        user = "AWSCognitoIdentityProviderService.InitiateAuth"
        for method, path, headers in (
            ("POST", "/_ministack/reset", {}),
            ("POST", "/_ministack/reset?init=1", {}),
            ("POST", "/_ministack/config", {"Content-Type": JSON}),
            ("GET", "/_ministack/sqs/messages", {}),
            ("GET", "/_ministack/ses/messages", {}),
            ("GET", "/_ministack/lambda-code/f", {}),
            ("POST", "/_ministack/eks-auth/x", {}),
            ("POST", "/_ministack/rds/iam-auth", {}),
            ("PUT", "/_ministack/cfn-response/short", {}),
            ("GET", "/_ministack/", {}),
            ("GET", "/_localstack/health", {}),
            ("GET", "/", {}),
            ("GET", "/health", {}),
            ("PUT", "/bucket", {}),
            ("GET", "/2015-03-31/functions/", {}),
            ("GET", "/v2/apis", {}),
            ("GET", "/_aws/lambda-url/a/x", {}),
            ("GET", "/_alb/a/x", {}),
            ("POST", "/v2/", {}),
            ("GET", "/?X-Amz-Signature=0", {}),
            ("GET", "/?AWSAccessKeyId=test&Signature=0&Expires=9999999999", {}),
            ("GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256", {}),
            ("POST", "/?Action=ListStacks", {"X-Amz-Target": user}),
            ("POST", "/x", {"X-Amz-Target": user}),
            ("PUT", "/", {"X-Amz-Target": user}),
            ("POST", "/", {"X-Amz-Target": f"CodeBuild_20161006.StartBuild,{user}"}),
            ("POST", "/", {"X-Amz-Target": f"{user}.StartBuild"}),
            ("POST", "/", {"X-Amz-Target": user, "Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/codebuild/d"}),
            ("POST", "/", {"X-Amz-Target": "CodeBuild_20161006.StartBuild", "Authorization": "Bearer x"}),
        ):
            with self.subTest(f"{method} {path} {headers}"):
                status, _, said = self.ask(method, path, headers, b"{}" if method in ("POST", "PUT") else b"")
                self.assertIn(status, (400, 403), said)

    def test_a_route_with_iam_authorization(self) -> None:
        """A route with `AWS_IAM` takes signed requests only; another decides for itself."""
        api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "api", "ProtocolType": "HTTP"}}
        iam = {"ApiId": {"Ref": "Api"}, "RouteKey": "GET /signed", "AuthorizationType": "AWS_IAM"}
        none = {"ApiId": {"Ref": "Api"}, "RouteKey": "GET /open"}
        stage = {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True}
        resources = {
            "Api": api,
            "Signed": {"Type": "AWS::ApiGatewayV2::Route", "Properties": iam},
            "Open": {"Type": "AWS::ApiGatewayV2::Route", "Properties": none},
            "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "DependsOn": ["Open", "Signed"], "Properties": stage},
        }
        identifier = self.deploy(self.name("stack"), resources, {"Api": {"Ref": "Api"}})["Api"]
        path = f"/_aws/execute-api/{identifier}/$default"
        self.assertEqual(self.ask("GET", f"{path}/open", {})[0], 500)
        self.assertEqual(self.ask("GET", f"{path}/signed", {})[0], 403)
        signed = self.signed("execute-api", "GET", f"{path}/signed", {}, b"")
        self.assertEqual(self.ask("GET", f"{path}/signed", signed)[0], 500)


class InsideTest(CloudTest):
    def test_builds_have_working_credentials(self) -> None:
        """A build's AWS CLI works without anything being set up (the project's role does that on AWS)."""
        command = "aws sts get-caller-identity --query Account --output text"
        record = self.run_build(json.dumps({"version": 0.2, "phases": {"build": {"commands": [command]}}}))
        self.assertEqual(record["buildStatus"], "SUCCEEDED", self.log_of(record))
        self.assertIn(ACCOUNT, self.log_of(record))

    def test_the_runtime_api_of_a_function(self) -> None:
        """A function's runtime API, on its own port, gives no event to another host's or origin's page, and takes no answer."""
        bootstrap = "\n".join(
            (
                "#!/usr/bin/env python3",
                "import json, os, urllib.request as r",
                "base = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2018-06-01/runtime'",
                "import boto3",
                "while True:",
                "    with r.urlopen(base + '/invocation/next') as event:",
                "        name, event = event.headers['Lambda-Runtime-Aws-Request-Id'], json.load(event)",
                "    answer = {'at': base, 'event': event, 'account': boto3.client('sts').get_caller_identity()['Account']}",
                "    r.urlopen(base + f'/invocation/{name}/response', json.dumps(answer).encode())",
            )
        )
        self.functions.create_function(
            FunctionName="own-runtime", Runtime="provided.al2023", Role=ROLE, Handler="x",
            Code={"ZipFile": executable("bootstrap", bootstrap)}, Timeout=15,
        )  # fmt: skip

        def invoke(value: str) -> dict[str, Any]:
            said: dict[str, Any] = json.load(
                self.functions.invoke(FunctionName="own-runtime", Payload=json.dumps(value))["Payload"]
            )
            return said

        first = invoke("first")
        self.assertEqual((first["event"], first["account"]), ("first", ACCOUNT))
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/2018-06-01/runtime", first["at"])
        assert found is not None
        port = int(found.group(1))
        for headers in (
            {"Host": f"evil.example:{port}"},
            {"Host": f"127.0.0.1:{port}", "Origin": "https://evil.example"},
            {"Host": f"127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"},
        ):
            for method, path in (("GET", "/invocation/next"), ("POST", "/init/error")):
                with self.subTest(str(headers), path=path):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
                    connection.request(method, f"/2018-06-01/runtime{path}", headers=headers)
                    self.assertEqual(connection.getresponse().status, 403)
                    connection.close()
        self.assertEqual(invoke("second")["event"], "second")


class PageTest(DoorTest):
    """The requests of a page of another origin, with the headers that Chromium sends; the page itself is in tests/e2e."""

    def requests(self, project: str, canary: str, bucket: str) -> Iterator[tuple[str, str, Headers, bytes]]:
        spec = json.dumps({"version": 0.2, "phases": {"build": {"commands": [f"touch {canary}"]}}})
        build = json.dumps({"projectName": project, "buildspecOverride": spec}).encode()
        event = json.dumps({"Entries": [{"Source": "evil", "DetailType": "evil", "Detail": "{}"}]}).encode()
        port = self.server.port
        from_page: Headers = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        for sender in (
            from_page,
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
            {"Origin": "null"},
            {"Host": f"rebound.evil.example:{port}", "Sec-Fetch-Site": "same-origin"},
            {},
        ):
            for kind in (JSON, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
                for authorization in ("", f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/codebuild/aws4_request"):
                    more = {"Content-Type": kind, **({"Authorization": authorization} if authorization else {})}
                    target = {"X-Amz-Target": "CodeBuild_20161006.StartBuild"}
                    yield "POST", "/", {**sender, **more, **target}, build
                    yield "POST", "/?X-Amz-Target=CodeBuild_20161006.StartBuild", {**sender, **more}, build
                    yield "POST", "/", {**sender, **more, "X-Amz-Target": "AWSEvents.PutEvents"}, event
                    yield "POST", "/", {**sender, **more}, b"Action=CreateQueue&QueueName=evil&Version=2012-11-05"
            yield "PUT", f"/{bucket}/evil", {**sender}, b"evil"
            yield "POST", "/_ministack/reset", {**sender, "Content-Type": "text/plain"}, b""
            yield "POST", "/_ministack/config", {**sender, "Content-Type": "text/plain"}, b'{"stepfunctions._SFN_WAIT_SCALE": 0}'
            yield "GET", "/?Action=CreateQueue&QueueName=evil&Version=2012-11-05", {**sender}, b""
            yield "OPTIONS", "/", {**sender, "Access-Control-Request-Method": "POST"}, b""

    def test_a_page_of_another_origin(self) -> None:
        """Nothing that a page can send starts a build, sends an event, writes an object, or resets anything."""
        folder, bucket = self.folder(), self.name("bucket")
        canary = str(folder / "canary")
        project = self.project(json.dumps({"version": 0.2, "phases": {"build": {"commands": [f"touch {canary}.own"]}}}))
        s3, queue = self.server.client("s3"), self.queue()
        s3.create_bucket(Bucket=bucket)
        self.rule({"source": ["evil"]}, {"Arn": queue[1]})
        before = self.picture()
        for method, path, headers, body in self.requests(project, canary, bucket):
            with self.subTest(f"{method} {path} {headers}"):
                status, answered, said = self.ask(method, path, headers, body)
                self.assertIn(status, (400, 403), said)
                self.assertNotIn("access-control-allow-origin", answered)
        self.assertEqual(self.picture(), before)
        self.assertEqual(self.codebuild.list_builds_for_project(projectName=project)["ids"], [])
        self.assertEqual(s3.list_objects_v2(Bucket=bucket)["KeyCount"], 0)
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=queue[0]))
        # The door is what kept it shut: the same build runs when its owner asks for it.
        self.built(self.codebuild.start_build(projectName=project)["build"]["id"])
        self.assertEqual([path.name for path in folder.iterdir()], ["canary.own"])

    def picture(self) -> list[Any]:
        """What there is in the cloud that the page goes for."""
        buckets = [bucket["Name"] for bucket in self.server.client("s3").list_buckets()["Buckets"]]
        queues, projects = self.sqs.list_queues()["QueueUrls"], self.codebuild.list_projects()["projects"]
        return [buckets, queues, projects]


def executable(name: str, text: str) -> bytes:
    """A zip file with one program in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFREG | 0o755) << 16
        archive.writestr(entry, text)
    return out.getvalue()
