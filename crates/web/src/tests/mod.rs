//! The pages and the interface, driven through the router on an installation of its own.

mod alerts;
mod appeals;
mod approvals;
mod closing;
mod door;
mod every_page;
mod fuzz;
mod holds;
mod lawful;
mod limits;
mod own_file;
mod pages;
mod routes;
mod schema;
mod story;
mod support;
