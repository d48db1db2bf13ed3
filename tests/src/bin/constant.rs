//! The bare framework: answers constants as large as the API's own answers. The bench holds the
//! API against it.

use actix_web::{App, HttpResponse, HttpServer, web};

/// About what one image takes as JSON.
const IMAGE: &str = concat!(
    "{\"os_distro\":\"debian\",\"os_version\":\"12\",\"architecture\":\"x86_64\",\"name\":\"image 24\",",
    "\"disk_format\":\"raw\",\"container_format\":\"bare\",\"visibility\":\"shared\",\"size\":null,",
    "\"virtual_size\":null,\"status\":\"queued\",\"checksum\":null,\"protected\":false,\"min_ram\":0,",
    "\"min_disk\":0,\"owner\":\"bench\",\"os_hidden\":false,\"os_hash_algo\":null,\"os_hash_value\":null,",
    "\"id\":\"11111111-2222-4333-8444-555555555555\",\"created_at\":\"2026-01-02T03:04:05Z\",",
    "\"updated_at\":\"2026-01-02T03:04:05Z\",\"tags\":[\"bench\",\"stable\"],",
    "\"self\":\"/v2/images/11111111-2222-4333-8444-555555555555\",",
    "\"file\":\"/v2/images/11111111-2222-4333-8444-555555555555/file\",\"schema\":\"/v2/schemas/image\"}"
);

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse::<u16>().ok());
    let port = port.ok_or_else(|| std::io::Error::other("usage: glance-constant PORT"))?;
    let list = format!("{{\"images\":[{}]}}", vec![IMAGE; 25].join(","));
    let server = HttpServer::new(move || {
        let list = list.clone();
        let all = move || {
            let list = list.clone();
            async move { HttpResponse::Ok().content_type("application/json").body(list) }
        };
        let one = async || HttpResponse::Ok().content_type("application/json").body(IMAGE);
        App::new()
            .route("/one", web::get().to(one))
            .route("/show", web::get().to(one))
            .route("/list", web::get().to(all))
    });
    server.workers(2).bind(("127.0.0.1", port))?.run().await
}
