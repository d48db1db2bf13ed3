//! Uploads that take longer than their token lives.

use std::time::Duration;

use glance_tests::cloud::Service;
use glance_tests::http::{Body, Connection};
use glance_tests::{Caller, Client, Cloud, Keystone, NewImage, Scope, eventually};

const BLUE: Scope<'_> = Scope::Project("blue");
const DATA: usize = 400_000;

/// A cloud in which both servers ask Keystone, and remember nothing where told so.
fn cloud(keystone: &Keystone, remembers: bool) -> Cloud {
    let seconds = if remembers { "300" } else { "-1" };
    Cloud::builder()
        .keystone(keystone)
        .registry_keystone(keystone)
        .api_option("keystone_authtoken", "token_cache_time", seconds)
        .registry_option("keystone_authtoken", "token_cache_time", seconds)
        // the lease is renewed more than once while the test waits
        .api_option("DEFAULT", "worker_lease_seconds", "3")
        .start()
}

/// Begins an upload and sends half of the data.
fn begin(client: &Client, image: &str) -> Connection {
    let request = client.upload(image, Body::Bytes(vec![5; DATA])).into_request();
    let mut connection = client.address.connect().expect("a connection");
    let head = request.head(&client.address.authority).expect("a head");
    connection.write(head.as_bytes()).expect("the head is sent");
    connection.write(&vec![5; DATA / 2]).expect("half of the data is sent");
    eventually(Duration::from_secs(10), "the upload is under way", || (client.status(image) == "saving").then_some(()));
    connection
}

/// The token is not good any more; the upload goes on to its end nevertheless.
fn finish(cloud: &Cloud, keystone: &Keystone, mut connection: Connection, token: &str, image: &str) {
    let former = cloud.caller(Caller::Token(token.to_owned()));
    eventually(Duration::from_secs(30), "the token is not good any more", || {
        (former.get("/v2/images").send().status == 401).then_some(())
    });
    connection.write(&vec![5; DATA / 2]).expect("the rest is sent");
    let answer = connection.answer(false).expect("an answer");
    assert_eq!(answer.status, 204, "{answer}\n{}", cloud.log(Service::Api));
    let later = cloud.caller(keystone.caller("blue-member", BLUE));
    assert_eq!((later.status(image).as_str(), later.download(image).len()), ("active", DATA));
}

#[test]
fn an_upload_outlives_its_token() {
    let keystone = Keystone::with_tokens_of(12);
    let cloud = cloud(&keystone, true);
    let token = keystone.token("blue-member", BLUE);
    let member = cloud.caller(Caller::Token(token.clone()));
    let image = NewImage::named("slow").create(&member);
    let connection = begin(&member, &image);
    finish(&cloud, &keystone, connection, &token, &image);
}

#[test]
fn an_upload_outlives_the_revocation_of_its_token() {
    let keystone = Keystone::shared();
    let cloud = cloud(keystone, false);
    let token = keystone.token("blue-member", BLUE);
    let member = cloud.caller(Caller::Token(token.clone()));
    let image = NewImage::named("slow").create(&member);
    let connection = begin(&member, &image);
    keystone.revoke(&token);
    finish(&cloud, keystone, connection, &token, &image);
}

#[test]
fn an_upload_that_fails_after_its_token_is_undone() {
    let keystone = Keystone::shared();
    let cloud = cloud(keystone, false);
    let token = keystone.token("blue-member", BLUE);
    let member = cloud.caller(Caller::Token(token.clone()));
    let image = NewImage::named("cut").create(&member);
    let connection = begin(&member, &image);
    keystone.revoke(&token);
    connection.abort();
    let later = cloud.caller(keystone.caller("blue-member", BLUE));
    eventually(Duration::from_secs(20), "the image waits for data again", || {
        (later.status(&image) == "queued" && cloud.stored_files("fast").is_empty()).then_some(())
    });
}
