mod filled;
mod schema;
