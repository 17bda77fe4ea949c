//! The sample application plane: what runs in a tenant's own stack.
//!
//! A SaaS company replaces it with its own; it is here so that a tenant's
//! stack has something real to serve. `products` is the service; `http` is
//! what any such service needs.

pub mod http;
pub mod products;
