//! The pages and the interface, driven through the router on an installation of its own.

mod pages;
mod routes;
mod story;
mod support;
