//! The service `products`: a tenant's products in the tenant's own table.

pub mod input;
pub mod model;
pub mod page;
pub mod route;
pub mod service;
pub mod settings;
pub mod store;
