//! The control plane's HTTP API, as its clients use it.

use super::{Cloud, until};
use crate::access::Access;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

/// The API of the cloud's control plane, and where its tokens come from.
#[derive(Debug)]
pub struct Api {
    url: String,
    access: Access,
    /// The control plane's user pool.
    pub pool: String,
    /// The client by which people sign in.
    pub users_client: String,
    machine_client: String,
    tokens: OnceLock<BTreeMap<&'static str, String>>,
}

/// What the API answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Panics with all of the answer if its status is another.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The method.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// The token, if one is sent.
    pub token: Option<String>,
    /// Headers beside those that every client sends.
    pub headers: Vec<(String, String)>,
    /// The body, if one is sent.
    pub body: Option<String>,
}

impl Ask {
    /// A request without a token and a body.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), ..Self::default() }
    }

    /// With a token.
    #[must_use]
    pub fn by(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn with(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Cloud {
    /// The API of its control plane.
    #[must_use]
    pub fn api(&self) -> &'static Api {
        static API: OnceLock<Api> = OnceLock::new();
        API.get_or_init(|| self.api_of("tenantry"))
    }

    /// The API of the control plane `stack`.
    #[must_use]
    pub fn api_of(&self, stack: &str) -> Api {
        let stack = self.stack_named(stack).expect("the control plane");
        let outputs = stack["Outputs"].as_array().expect("outputs").clone();
        let output = |name: &str| {
            let found = outputs.iter().find(|output| output["OutputKey"] == name);
            found.unwrap_or_else(|| panic!("no output {name}"))["OutputValue"].as_str().unwrap().to_owned()
        };
        let id = output("ApiUrl");
        let id = id.split("://").nth(1).and_then(|host| host.split('.').next()).expect("a host");
        Api {
            url: format!("{}/_aws/execute-api/{id}/$default", self.endpoint()),
            access: self.access(),
            pool: output("UserPoolId"),
            users_client: output("UsersClientId"),
            machine_client: output("MachineClientId"),
            tokens: OnceLock::new(),
        }
    }
}

impl Api {
    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends `ask`, once.
    #[must_use]
    pub fn send(&self, ask: &Ask) -> Answer {
        self.try_send(ask).unwrap_or_else(|error| panic!("{} {}: {error}", ask.method, ask.path))
    }

    /// Sends `ask`, once.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub fn try_send(&self, ask: &Ask) -> Result<Answer, ureq::Error> {
        let mut headers = ask.headers.clone();
        headers
            .extend(ask.token.as_ref().map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
        if ask.body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        http(&ask.method, &format!("{}{}", self.url, ask.path), &headers, ask.body.as_deref())
    }

    /// Sends `ask`, and again while there are too many requests at once, as a
    /// client does.
    #[must_use]
    pub fn send_patiently(&self, ask: &Ask) -> Answer {
        until("an answer", || {
            let answer = self.try_send(ask).ok();
            answer.filter(|answer| ![429, 503].contains(&answer.status))
        })
    }

    /// Calls Cognito as an administrator of the account.
    pub fn cognito(&self, action: &str, request: &Value) -> Value {
        self.call("AWSCognitoIdentityProviderService", action, request)
    }

    /// Calls a service of the account, by the name that its protocol has for it.
    pub fn call(&self, service: &str, action: &str, request: &Value) -> Value {
        let scope = if service.starts_with("Logs") { "logs" } else { "cognito-idp" };
        called(&self.access, scope, &format!("{service}.{action}"), request)
    }

    /// A token of `who`: `viewer`, `operator`, `admin`, `machine`, or `stranger`,
    /// who is in no group.
    #[must_use]
    pub fn token(&self, who: &str) -> &str {
        let tokens = self.tokens.get_or_init(|| {
            let people =
                [("viewer", "viewers"), ("operator", "operators"), ("admin", "admins"), ("stranger", "")];
            let people =
                people.map(|(who, group)| (who, self.sign_up(&self.pool, &self.users_client, who, group)));
            people.into_iter().chain([("machine", self.machine_token())]).collect()
        });
        &tokens[who]
    }

    /// Makes a user with a password, in a group, and signs in.
    pub fn sign_up(&self, pool: &str, client: &str, name: &str, group: &str) -> String {
        let user = |more: Value| {
            let mut request = json!({ "UserPoolId": pool, "Username": name });
            request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            request
        };
        let address = json!([{ "Name": "email", "Value": format!("{name}@ops.example") }]);
        self.cognito(
            "AdminCreateUser",
            &user(json!({ "UserAttributes": address, "MessageAction": "SUPPRESS" })),
        );
        self.cognito("AdminSetUserPassword", &user(json!({ "Password": PASSWORD, "Permanent": true })));
        if !group.is_empty() {
            self.cognito("AdminAddUserToGroup", &user(json!({ "GroupName": group })));
        }
        self.sign_in(client, name)
    }

    /// Signs in with the password of these users.
    #[must_use]
    pub fn sign_in(&self, client: &str, name: &str) -> String {
        let parameters = json!({ "USERNAME": name, "PASSWORD": PASSWORD });
        let request =
            json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": parameters });
        let answer = self.cognito("InitiateAuth", &request);
        answer["AuthenticationResult"]["AccessToken"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    fn machine_token(&self) -> String {
        let request = json!({ "UserPoolId": self.pool, "ClientId": self.machine_client });
        let client = self.cognito("DescribeUserPoolClient", &request);
        let secret = client["UserPoolClient"]["ClientSecret"].as_str().expect("a secret").to_owned();
        // A secret may have characters that a form would need escaped.
        let both = STANDARD.encode(format!("{}:{}", self.machine_client, secret.replace('%', "%25")));
        let headers = [
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("authorization".to_owned(), format!("Basic {both}")),
        ];
        let form = Some("grant_type=client_credentials");
        let answer = http("POST", &format!("{}/oauth2/token", self.access.endpoint), &headers, form)
            .expect("an answer")
            .expect(200);
        answer.json()["access_token"].as_str().expect("a token").to_owned()
    }
}

/// The password of these tests' users; no line of a log may have it.
pub const PASSWORD: &str = "Canary-Passw0rd-Of-Tests!";

/// Calls a service that speaks JSON, as the account's administrator: without a
/// process of the AWS CLI, which costs more than most calls.
pub(super) fn called(access: &Access, scope: &str, target: &str, request: &Value) -> Value {
    let headers =
        [("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amz-target", target.to_owned())];
    let body = request.to_string();
    let headers = access.signed(scope, &headers, &body);
    let answer = http("POST", &access.endpoint, &headers, Some(&body)).expect("an answer");
    assert_eq!(answer.status, 200, "{target}: {answer:?}");
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

fn http(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: Option<&str>,
) -> Result<Answer, ureq::Error> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(120)))
        .http_status_as_error(false);
    let agent = config.build().new_agent();
    let with_headers = |builder: ureq::http::request::Builder| {
        headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value))
    };
    let request = with_headers(ureq::http::Request::builder().method(method).uri(url));
    let answer = match body {
        None => agent.run(request.body(()).expect("a request")),
        Some(body) => agent.run(request.body(body.to_owned()).expect("a request")),
    };
    let mut answer = answer?;
    let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: answer.body_mut().read_to_string().unwrap_or_default(),
    })
}
