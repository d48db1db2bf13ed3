mod filled;
mod reference;
mod schema;
