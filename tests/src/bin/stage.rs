//! Both servers for a program that is no part of the suite: `glance-stage [--keystone] [SECTION.KEY=VALUE…]`.
//!
//! Prints `NAME=VALUE` lines that say where they are and who may ask, then `READY`. Everything ends when its standard
//! input does.
#![expect(clippy::print_stdout, reason = "a command line program")]

use std::io::Read;

use glance_tests::keystone::{Keystone, secret_of};
use glance_tests::{Cloud, Must};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let keystone = arguments.iter().any(|word| word == "--keystone").then(Keystone::start);
    let mut builder = Cloud::builder();
    for (option, value) in arguments.iter().filter_map(|word| word.split_once('=')) {
        let (section, key) = option.split_once('.').must("an option is SECTION.KEY=VALUE");
        builder = builder.api_option(section, key, value);
    }
    if let Some(keystone) = &keystone {
        builder = builder.keystone(keystone);
    }
    let cloud = builder.start();
    let url = format!("http://{}", cloud.api_address().authority);
    println!("IMAGE_URL={url}");
    println!("FOLDER={}", cloud.path().display());
    if let Some(keystone) = &keystone {
        keystone.publish_image_service(&url);
        println!("AUTH_URL={}/v3", keystone.url());
        for name in ["blue", "red", "admin"] {
            println!("PROJECT_{name}={}", keystone.id("projects", name));
        }
        for name in ["blue-member", "red-member", "admin"] {
            println!("PASSWORD_{}={}", name.replace('-', "_"), secret_of(name));
        }
    }
    println!("READY");
    // the end of the input is the sign to end
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
