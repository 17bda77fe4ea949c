"""What users of a pool, and clients, may not do.

Pages: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import urllib.error
import urllib.request
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from .cloud import REGION
from .test_cloudformation import StackCase

PASSWORD = "Correct-horse-7"


class UserRulesTest(StackCase):
    def setUp(self) -> None:
        self.cognito = self.server.client("cognito-idp")
        #: Somebody without credentials, as a user's application is.
        self.app = boto3.client(
            "cognito-idp",
            endpoint_url=self.server.endpoint,
            region_name=REGION,
            config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}),
        )

    def pool(self, **more: Any) -> str:
        schema = [{"Name": "tenantId", "AttributeDataType": "String", "Mutable": True}]
        made = self.cognito.create_user_pool(PoolName=self.name("pool"), Schema=schema, **more)
        identifier: str = made["UserPool"]["Id"]
        return identifier

    def client(self, pool: str, *flows: str, **more: Any) -> dict[str, Any]:
        given = {"ExplicitAuthFlows": list(flows)} if flows else {}
        made = self.cognito.create_user_pool_client(UserPoolId=pool, ClientName=self.name("client"), **given, **more)
        client: dict[str, Any] = made["UserPoolClient"]
        return client

    def user(self, pool: str) -> str:
        name = self.name("user")
        self.cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
        self.cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
        return name

    def sign_in(self, client: str, user: str) -> dict[str, str]:
        asked = self.app.initiate_auth(
            ClientId=client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user, "PASSWORD": PASSWORD},
        )
        tokens: dict[str, str] = asked["AuthenticationResult"]
        return tokens

    def refused(self, code: str, words: str, call: Any, **arguments: Any) -> None:
        with self.assertRaises(ClientError) as raised:
            call(**arguments)
        error = raised.exception.response["Error"]
        self.assertEqual(error["Code"], code)
        self.assertIn(words, error["Message"])

    def test_nobody_signs_up_where_administrators_make_users(self) -> None:
        """SignUp is refused where only administrators make users, and works elsewhere (API_SignUp)."""
        closed = self.pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
        client = self.client(closed)["ClientId"]
        arguments = {"ClientId": client, "Username": "new", "Password": PASSWORD}
        self.refused("NotAuthorizedException", "SignUp is not permitted", self.app.sign_up, **arguments)
        self.assertEqual(self.cognito.list_users(UserPoolId=closed)["Users"], [])
        opened = self.client(self.pool())["ClientId"]
        self.assertFalse(self.app.sign_up(**{**arguments, "ClientId": opened})["UserConfirmed"])

    def test_a_user_writes_what_the_client_may(self) -> None:
        """A user changes standard attributes, or those that the client names, never `sub` or `custom:*` unasked."""
        pool = self.pool()
        flow = "ALLOW_USER_PASSWORD_AUTH"
        plain, named = self.client(pool, flow), self.client(pool, flow, WriteAttributes=["custom:tenantId"])
        user = self.user(pool)

        def write(client: dict[str, Any], name: str) -> None:
            token = self.sign_in(client["ClientId"], user)["AccessToken"]
            self.app.update_user_attributes(AccessToken=token, UserAttributes=[{"Name": name, "Value": "x"}])

        write(plain, "nickname")
        write(named, "custom:tenantId")
        for client, name in ((plain, "custom:tenantId"), (plain, "sub"), (plain, "email_verified"), (named, "nickname")):
            with self.subTest(name):
                self.refused("NotAuthorizedException", "unauthorized attribute", write, client=client, name=name)
        arguments = {"ClientId": plain["ClientId"], "Username": "new", "Password": PASSWORD}
        evil = [{"Name": "custom:tenantId", "Value": "another"}]
        self.refused("NotAuthorizedException", "unauthorized", self.app.sign_up, **arguments, UserAttributes=evil)

    def test_a_client_signs_in_as_it_is_made_to(self) -> None:
        """A client has the flows that it names, or the default ones, which are none with a plain password."""
        pool = self.pool()
        user = self.user(pool)
        for flows, works in (
            (("ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"), True),
            (("ALLOW_REFRESH_TOKEN_AUTH",), False),
            (("ALLOW_USER_SRP_AUTH",), False),
            ((), False),
        ):
            with self.subTest(str(flows)):
                client = self.client(pool, *flows)["ClientId"]
                if works:
                    self.assertIn("AccessToken", self.sign_in(client, user))
                else:
                    words = "USER_PASSWORD_AUTH flow not enabled"
                    self.refused("InvalidParameterException", words, self.sign_in, client=client, user=user)
        client = self.client(pool, "ALLOW_USER_PASSWORD_AUTH")["ClientId"]
        refresh = self.sign_in(client, user)["RefreshToken"]
        words = {"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": refresh}}
        self.refused("InvalidParameterException", "not enabled", self.app.initiate_auth, **words)

    def test_a_clients_secret_is_asked_for(self) -> None:
        """A client with a secret signs nobody in without its hash."""
        pool = self.pool()
        user, client = self.user(pool), self.client(pool, "ALLOW_USER_PASSWORD_AUTH", GenerateSecret=True)
        identifier = client["ClientId"]
        self.refused("NotAuthorizedException", "SECRET_HASH", self.sign_in, client=identifier, user=user)

        def with_hash(secret: str) -> dict[str, Any]:
            digest = hmac.new(secret.encode(), (user + identifier).encode(), hashlib.sha256).digest()
            parameters = {"USERNAME": user, "PASSWORD": PASSWORD, "SECRET_HASH": base64.b64encode(digest).decode()}
            asked: dict[str, Any] = self.app.initiate_auth(
                ClientId=identifier, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
            )
            return asked

        self.assertIn("AuthenticationResult", with_hash(client["ClientSecret"]))
        self.refused("NotAuthorizedException", "secret hash", with_hash, secret="another")

    def test_who_is_disabled_gets_no_new_token(self) -> None:
        """A disabled user's tokens cannot be refreshed, nor a forged or revoked one."""
        pool = self.pool()
        client = self.client(pool, "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")["ClientId"]
        user = self.user(pool)
        token = self.sign_in(client, user)["RefreshToken"]

        def refresh(token: str) -> str:
            parameters = {"REFRESH_TOKEN": token}
            asked = self.app.initiate_auth(ClientId=client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)
            fresh: str = asked["AuthenticationResult"]["AccessToken"]
            return fresh

        fresh = refresh(token)
        self.assertEqual(self.app.get_user(AccessToken=fresh)["Username"], user)
        head, claims, signature = token.split(".")
        forged = f"{head}.{claims}.{signature[::-1]}"
        self.refused("NotAuthorizedException", "Invalid Refresh Token", refresh, token=forged)
        self.cognito.admin_disable_user(UserPoolId=pool, Username=user)
        self.refused("NotAuthorizedException", "disabled", refresh, token=token)
        self.refused("NotAuthorizedException", "disabled", self.app.get_user, AccessToken=fresh)
        # What was revoked stays so (API_AdminDisableUser).
        self.cognito.admin_enable_user(UserPoolId=pool, Username=user)
        self.refused("NotAuthorizedException", "revoked", refresh, token=token)
        token = self.sign_in(client, user)["RefreshToken"]
        refresh(token)
        self.app.revoke_token(Token=token, ClientId=client)
        self.refused("NotAuthorizedException", "revoked", refresh, token=token)

    def test_tokens_are_verified(self) -> None:
        """A user's operation takes an access token that the pool signed; no ID or refresh token, no forged one."""
        pool = self.pool()
        client = self.client(pool, "ALLOW_USER_PASSWORD_AUTH")["ClientId"]
        tokens = self.sign_in(client, self.user(pool))
        head, claims, signature = tokens["AccessToken"].split(".")
        self.app.get_user(AccessToken=tokens["AccessToken"])
        for token in (tokens["IdToken"], tokens["RefreshToken"], f"{head}.{claims}.{signature[::-1]}", "x"):
            self.refused("NotAuthorizedException", "", self.app.get_user, AccessToken=token)

    def test_a_refresh_token_is_no_bearer_token(self) -> None:
        """An API's JWT authorizer takes access and ID tokens, and no refresh token."""
        pool = self.pool()
        client = self.client(pool, "ALLOW_USER_PASSWORD_AUTH")["ClientId"]
        tokens = self.sign_in(client, self.user(pool))
        issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool}"
        authorizer = {
            "ApiId": {"Ref": "Api"},
            "AuthorizerType": "JWT",
            "Name": "users",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Issuer": issuer, "Audience": [client]},
        }
        route = {
            "ApiId": {"Ref": "Api"},
            "RouteKey": "GET /x",
            "AuthorizationType": "JWT",
            "AuthorizerId": {"Ref": "Users"},
        }
        stage = {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True}
        resources = {
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "api", "ProtocolType": "HTTP"}},
            "Users": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": authorizer},
            "Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": route},
            "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "DependsOn": "Route", "Properties": stage},
        }
        api = self.deploy(self.name("stack"), resources, {"Api": {"Ref": "Api"}})["Api"]

        def status(token: str) -> int:
            url = f"{self.server.endpoint}/_aws/execute-api/{api}/$default/x"
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                return int(error.code)

        # The route leads nowhere: who is let in gets 500.
        self.assertEqual([status(tokens[name]) for name in ("AccessToken", "IdToken", "RefreshToken")], [500, 500, 401])
