//! Which operation a request asks for.

use crate::http::Problem;
use lambda_http::http::Method;
use uuid::Uuid;

/// An operation on products.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Route {
    /// `POST /products`
    Create,
    /// `GET /products`
    List,
    /// `GET /products/{productId}`
    Read(Uuid),
    /// `PUT /products/{productId}`
    Update(Uuid),
    /// `DELETE /products/{productId}`
    Delete(Uuid),
}

impl Route {
    /// What `method` on `path` asks for.
    ///
    /// # Errors
    ///
    /// [`Problem::NoSuchPath`] and [`Problem::MethodNotAllowed`];
    /// [`Problem::NotFound`] for a product id that cannot be one.
    pub fn of(method: &Method, path: &str) -> Result<Self, Problem> {
        let mut parts = path.trim_matches('/').split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("products"), None, _) => match *method {
                Method::POST => Ok(Self::Create),
                Method::GET => Ok(Self::List),
                _ => Err(Problem::MethodNotAllowed("GET, POST")),
            },
            (Some("products"), Some(id), None) => {
                let id = Uuid::try_parse(id).map_err(|_| Problem::NotFound("product"))?;
                match *method {
                    Method::GET => Ok(Self::Read(id)),
                    Method::PUT => Ok(Self::Update(id)),
                    Method::DELETE => Ok(Self::Delete(id)),
                    _ => Err(Problem::MethodNotAllowed("DELETE, GET, PUT")),
                }
            }
            _ => Err(Problem::NoSuchPath),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_its_method_and_path() {
        let id = Uuid::now_v7();
        let one = format!("/products/{id}");
        assert_eq!(Route::of(&Method::POST, "/products"), Ok(Route::Create));
        assert_eq!(Route::of(&Method::GET, "/products/"), Ok(Route::List));
        assert_eq!(Route::of(&Method::GET, &one), Ok(Route::Read(id)));
        assert_eq!(Route::of(&Method::PUT, &one), Ok(Route::Update(id)));
        assert_eq!(Route::of(&Method::DELETE, &one), Ok(Route::Delete(id)));
    }

    #[test]
    fn anything_else_is_refused() {
        let id = Uuid::now_v7();
        assert_eq!(Route::of(&Method::DELETE, "/products"), Err(Problem::MethodNotAllowed("GET, POST")));
        let one = format!("/products/{id}");
        assert_eq!(Route::of(&Method::POST, &one), Err(Problem::MethodNotAllowed("DELETE, GET, PUT")));
        for path in ["/", "", "/orders", "/products/x/y", &format!("{one}/z")] {
            assert_eq!(Route::of(&Method::GET, path), Err(Problem::NoSuchPath), "{path}");
        }
        assert_eq!(Route::of(&Method::GET, "/products/not-an-id"), Err(Problem::NotFound("product")));
    }
}
