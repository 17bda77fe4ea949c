//! A request and its answer.

use super::input;
use super::model::Product;
use super::route::Route;
use super::store::{Store, StoreError};
use crate::http::{Problem, authenticate, empty, json};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Request, RequestExt, Response, tracing};
use serde_json::{Value, json};
use std::convert::Infallible;
use uuid::Uuid;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The tenant's table.
    pub store: Store,
    /// Whose it is; logs say so.
    pub tenant_id: String,
    /// Whether it is suspended: then nothing is served, and nothing is lost.
    pub suspended: bool,
}

/// Serves one request. Whatever goes wrong becomes a problem document; the
/// details go to the log.
///
/// # Errors
///
/// Never.
pub async fn handle(deps: &Deps, request: Request, now: DateTime<Utc>) -> Result<Response<Body>, Infallible> {
    let request_id =
        request.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default();
    let method = request.method().clone();
    let response = serve(deps, &request, now).await.unwrap_or_else(|problem| problem.response());
    let status = response.status().as_u16();
    tracing::info!(tenantId = deps.tenant_id, requestId = request_id, %method, status, "served");
    Ok(response)
}

async fn serve(deps: &Deps, request: &Request, now: DateTime<Utc>) -> Result<Response<Body>, Problem> {
    authenticate(request, &deps.tenant_id)?;
    if deps.suspended {
        return Err(Problem::Suspended);
    }
    let store = &deps.store;
    let if_match = || match request.headers().get(header::IF_MATCH).map(HeaderValue::to_str) {
        None => input::expected_version(None),
        Some(value) => input::expected_version(Some(value.unwrap_or("not text"))),
    };
    match Route::of(request.method(), request.raw_http_path())? {
        Route::Create => {
            // Milliseconds, as everywhere in the API.
            let now = now.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(now);
            let data = input::product(request.body())?;
            let product =
                Product { product_id: Uuid::now_v7(), data, created_at: now, updated_at: now, version: 1 };
            store.create(&product).await.map_err(problem)?;
            let mut response = with_etag(StatusCode::CREATED, &product);
            if let Ok(location) = HeaderValue::from_str(&format!("/products/{}", product.product_id)) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            Ok(response)
        }
        Route::List => {
            let parameters = request.query_string_parameters_ref();
            let parameter = |name| parameters.and_then(|parameters| parameters.first(name));
            let page = input::page(parameter("limit"), parameter("pageToken"))?;
            let page = store.list(page).await.map_err(problem)?;
            let next = page.next.map_or(Value::Null, |cursor| Value::String(cursor.token()));
            Ok(json(StatusCode::OK, &json!({"products": page.products, "nextPageToken": next})))
        }
        Route::Read(id) => Ok(with_etag(StatusCode::OK, &store.read(id).await.map_err(problem)?)),
        Route::Update(id) => {
            let now = now.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(now);
            let (expected, data) = (if_match()?, input::product(request.body())?);
            let product = store.update(id, &data, expected, now).await.map_err(problem)?;
            Ok(with_etag(StatusCode::OK, &product))
        }
        Route::Delete(id) => {
            store.delete(id, if_match()?).await.map_err(problem)?;
            Ok(empty(StatusCode::NO_CONTENT))
        }
    }
}

fn with_etag(status: StatusCode, product: &Product) -> Response<Body> {
    let mut response = json(status, product);
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", product.version)) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

fn problem(error: StoreError) -> Problem {
    match error {
        StoreError::NotFound => Problem::NotFound("product"),
        StoreError::VersionMismatch { current } => Problem::VersionMismatch { current },
        StoreError::Unavailable(_) => {
            tracing::error!("{error}");
            Problem::Unavailable
        }
        StoreError::Corrupt(_) => {
            tracing::error!("{error}");
            Problem::Internal
        }
    }
}

#[cfg(test)]
mod tests;
