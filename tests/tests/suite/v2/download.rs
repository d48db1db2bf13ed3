//! Downloads: what we add to the reference's answers, and many at once.

use glance_tests::bytes::pattern;
use glance_tests::{Cloud, NewImage, Request};

#[test]
fn strong_etag_and_if_range_let_a_download_be_resumed() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let data = pattern(1, 10_000);
    let id = NewImage::default().upload(&owner, &data);
    let path = format!("/v2/images/{id}/file");
    let whole = owner.get(&path).send().expect(200);
    let tag = whole.header("etag").expect("an ETag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 16, "{tag} is no strong tag");

    let rest = owner.get(&path).header("Range", "bytes=4000-").header("If-Range", &tag).send().expect(206);
    assert_eq!(rest.header("etag"), Some(&*tag));
    assert!(rest.body == data[4000..], "the rest differs");
    let other = owner.get(&path).header("Range", "bytes=4000-").header("If-Range", "\"another\"").send().expect(200);
    assert!(other.body == data, "the whole image is due when it has changed");
    owner.get(&path).header("If-None-Match", &tag).send().expect(304);
}

#[test]
fn one_connection_serves_many_downloads() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let images: Vec<_> = [3_usize, 70_000, 1, 900_000, 0, 12]
        .into_iter()
        .map(|size| (NewImage::default().upload(&owner, &pattern(9, size)), pattern(9, size)))
        .collect();
    let mut connection = owner.address.connect().expect("a connection");
    for (id, data) in images.iter().chain(&images) {
        let request = owner.get(&format!("/v2/images/{id}/file")).into_request();
        let answer = connection.exchange(&request, &owner.address.authority).expect("an answer").expect(200);
        assert!(answer.body == *data, "{} bytes came back different", data.len());
        // something small in between finds the connection in order
        let small = Request::new("GET", "/healthcheck");
        connection.exchange(&small, &owner.address.authority).expect("an answer").expect(200);
    }
}

#[test]
fn many_downloads_at_once_are_all_right() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let data = pattern(4, 3_000_000);
    let id = NewImage::default().upload(&owner, &data);
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| assert!(owner.download(&id) == data, "came back different"));
        }
    });
}

#[test]
fn reader_that_goes_away_disturbs_nobody() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let data = pattern(5, 20_000_000);
    let id = NewImage::default().upload(&owner, &data);
    let request = owner.get(&format!("/v2/images/{id}/file")).into_request();
    let head = request.head(&owner.address.authority).expect("a request");
    for _ in 0..20 {
        let mut connection = owner.address.connect().expect("a connection");
        connection.write(head.as_bytes()).expect("a request");
        connection.abort();
    }
    assert!(owner.download(&id) == data, "came back different");
}

#[test]
fn image_without_data_says_so() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let answer = owner.get(&format!("/v2/images/{id}/file")).send().expect(204);
    assert!(answer.body.is_empty());
}
