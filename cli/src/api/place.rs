//! Where an API is, and where its people sign in: from what was said, what is
//! remembered and what the stack tells, so that little has to be typed.

use super::session::Place;
use super::store::Store;
use crate::args::Login;
use crate::deploy::AwsCommand;
use crate::error::{CliError, Result};
use crate::workspace::Workspace;
use serde_json::Value;

/// What `--api` and `TENANTRY_API` have where they name no address.
pub(crate) const UNNAMED: &str = "-";
/// How somebody may say in `TENANTRY_API` that it is to be used, and no more.
const YES: [&str; 3] = ["1", "true", "yes"];
/// The variable that `tenantry local env` prints.
const VARIABLE: &str = "TENANTRY_API_URL";

/// Whether the API was asked for; an empty variable counts as none.
pub(crate) fn is_wanted(api: Option<&str>) -> bool {
    api.is_some_and(|api| !api.is_empty())
}

/// The address of the API: the one that was named, the environment's, or the
/// only one that somebody is signed in at.
///
/// # Errors
///
/// [`CliError::Usage`] when nothing says where it is, or what says so is no
/// address of an API.
pub(crate) fn url(api: Option<&str>, store: &Store) -> Result<String> {
    known(api, store)?.ok_or_else(|| {
        let what = format!("where is the API? Name it with --api=URL, or in {VARIABLE}");
        CliError::Usage(format!("{what}; it is the output ApiUrl of the control plane's stack"))
    })
}

fn known(api: Option<&str>, store: &Store) -> Result<Option<String>> {
    let variable = std::env::var(VARIABLE).ok();
    match named(api, variable.as_deref()) {
        Some(text) => read(text).map(Some),
        None => store.only(),
    }
}

fn named<'a>(api: Option<&'a str>, variable: Option<&'a str>) -> Option<&'a str> {
    let api = api.filter(|api| !api.is_empty() && *api != UNNAMED && !YES.contains(api));
    api.or(variable).filter(|text| !text.is_empty())
}

/// An address as it is kept: with a scheme, and without a slash at its end.
/// Tokens and passwords leave this machine under TLS only.
pub(crate) fn read(text: &str) -> Result<String> {
    let wrong = |why: &str| Err(CliError::Usage(format!("`{text}` is no address to sign in at: {why}")));
    let url = text.trim_end_matches('/');
    let Some((scheme, rest)) = url.split_once("://") else { return wrong("it must begin with https://") };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.is_empty() || url.contains(['?', '#', '@', ' ']) {
        return wrong("it must be a host, and at most a path");
    }
    match scheme {
        "https" => Ok(url.to_owned()),
        "http" if is_this_machine(authority) => Ok(url.to_owned()),
        "http" => wrong("without TLS, only this machine can be trusted: it must begin with https://"),
        _ => wrong("it must begin with https://"),
    }
}

fn is_this_machine(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The API and the place to sign in at it. Where somebody signed in before comes
/// before the environment, which may be about another cloud.
pub(crate) async fn find(
    args: &Login,
    api: Option<&str>,
    stack: &str,
    store: &Store,
) -> Result<(String, Place)> {
    let url = known(api, store)?;
    let remembered = match &url {
        // Whoever signs in again need not be able to read the old tokens.
        Some(url) => store.read(url).ok().flatten().map(|session| session.place),
        None => None,
    };
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let other = set("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER").or_else(|| set("AWS_ENDPOINT_URL"));
    let named = args.client_id.clone().map(|client_id| (client_id, None));
    let remembered = remembered.map(|place| (place.client_id, Some(place.endpoint)));
    let (client_id, endpoint, url) = match (named.or(remembered), url) {
        (Some((client_id, endpoint)), Some(url)) => (client_id, endpoint, url),
        (_, url) => {
            let outputs = outputs(stack).await?;
            let region = output(&outputs, "UserPoolId")?.split('_').next().unwrap_or_default().to_owned();
            let url = match url {
                Some(url) => url,
                None => read(&output(&outputs, "ApiUrl")?)?,
            };
            let client_id = args.client_id.clone().map_or_else(|| output(&outputs, "UsersClientId"), Ok)?;
            let of_region = cognito(&region, domain(&url).map_or(AWS, |(_, domain)| domain));
            (client_id, Some(other.clone().unwrap_or(of_region)), url)
        }
    };
    let of_url = domain(&url).map(|(region, domain)| cognito(region, domain));
    let endpoint = args.endpoint.clone().or(endpoint).or(other).or(of_url).ok_or_else(|| {
        CliError::Usage("where does one sign in? Name it with --endpoint=URL: Cognito's address".to_owned())
    })?;
    Ok((url, Place { endpoint: read(&endpoint)?, client_id }))
}

/// The domain of AWS in most of its regions.
const AWS: &str = "amazonaws.com";

fn cognito(region: &str, domain: &str) -> String {
    format!("https://cognito-idp.{region}.{domain}")
}

/// The region and the domain of AWS in an API's address, if it is one of API
/// Gateway's own.
fn domain(url: &str) -> Option<(&str, &str)> {
    let host = url.split("://").nth(1)?.split('/').next()?;
    let (_, rest) = host.split_once(".execute-api.")?;
    rest.split_once('.')
}

/// The outputs of the control plane's stack, with the credentials of AWS.
async fn outputs(stack: &str) -> Result<Value> {
    let aws = match Workspace::find() {
        Ok(workspace) if workspace.venv().join("bin/aws").is_file() => {
            AwsCommand::of_venv(&workspace.venv().join("bin"), Vec::new())
        }
        _ => AwsCommand::on_path(),
    };
    let describe =
        ["cloudformation", "describe-stacks", "--stack-name", stack, "--query", "Stacks[0].Outputs"];
    aws.json(&describe).await.map_err(|error| {
        CliError::hinted(
            format!(
                "the user pool client is unknown, and the outputs of the stack {stack} cannot be read: {error}"
            ),
            "name it with --client-id: the output UsersClientId of the control plane's stack",
        )
    })
}

fn output(outputs: &Value, name: &str) -> Result<String> {
    let mut all = outputs.as_array().into_iter().flatten();
    let found = all.find(|output| output.get("OutputKey").and_then(Value::as_str) == Some(name));
    let value = found.and_then(|output| output.get("OutputValue")).and_then(Value::as_str);
    value.map(str::to_owned).ok_or_else(|| {
        let what = format!("the stack has no output {name}");
        CliError::hinted(
            what,
            "check --stack; with another identity provider, put its token into TENANTRY_TOKEN",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_kept() {
        let read = |text: &str| read(text).ok();
        let same = |text: &str| Some(text.to_owned());
        assert_eq!(read("https://api.example/"), same("https://api.example"));
        let local = "http://127.0.0.1:4566/_aws/execute-api/a1/$default";
        assert_eq!(read(local), same(local));
        assert_eq!(read("http://[::1]:80"), same("http://[::1]:80"));
    }

    #[test]
    fn nothing_secret_goes_out_without_tls() {
        for text in ["http://api.example", "http://127.0.0.1.example", "ftp://a", "api.example", "https://"] {
            assert!(matches!(read(text), Err(CliError::Usage(_))), "{text}");
        }
        for text in ["https://u:p@api.example", "https://api.example?x", "https://api.example#x", "tenant"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_named_comes_before_the_variable() {
        assert_eq!(named(Some("https://a"), Some("https://b")), Some("https://a"));
        for unnamed in [None, Some(UNNAMED), Some("1"), Some("")] {
            assert_eq!(named(unnamed, Some("https://b")), Some("https://b"));
            assert_eq!(named(unnamed, None), None);
        }
        assert!(is_wanted(Some(UNNAMED)) && !is_wanted(Some("")) && !is_wanted(None));
    }

    #[test]
    fn an_apis_address_says_where_its_people_sign_in() {
        let url = |text| domain(text).map(|(region, domain)| cognito(region, domain));
        let expected = Some("https://cognito-idp.eu-west-1.amazonaws.com".to_owned());
        assert_eq!(url("https://a1b2.execute-api.eu-west-1.amazonaws.com"), expected);
        let expected = Some("https://cognito-idp.cn-north-1.amazonaws.com.cn".to_owned());
        assert_eq!(url("https://a1b2.execute-api.cn-north-1.amazonaws.com.cn/prod"), expected);
        assert_eq!(url("https://api.example"), None);
    }
}
