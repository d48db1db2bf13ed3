//! Parts: thin pieces, and what happens when the writer dies.

use std::io::Read;
use std::process::{Command, Stdio};

use super::*;

/// Folder in which the helper process writes; set only for it.
const HELPER_FOLDER: &str = "GLANCE_TEST_PART_FOLDER";

fn id() -> ObjectId {
    ObjectId::new("image").unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Not a test of its own: the process that `a_killed_writer_leaves_what_recovery_removes` starts and kills.
#[test]
fn helper_writes_until_it_is_killed() {
    let Ok(folder) = std::env::var(HELPER_FOLDER) else { return };
    let mut part = Part::create(Path::new(&folder), &id(), None).unwrap();
    loop {
        part.append(&[&[7; 4096]]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn a_killed_writer_leaves_what_recovery_removes() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Part::create(folder.path(), &ObjectId::new("live").unwrap(), None).unwrap();
    live.append(&[b"live"]).unwrap();
    let mut helper = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{}::helper_writes_until_it_is_killed", module_path!().split_once("::").unwrap().1)])
        .env(HELPER_FOLDER, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = || names(folder.path()).iter().any(|name| name.starts_with(".glance-image-"));
    for _ in 0..500 {
        if begun() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(begun(), "the helper writes");
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(remove_dead(folder.path()).unwrap(), 0, "both writers live");
    helper.kill().unwrap();
    helper.wait().unwrap();
    assert!(begun(), "a killed writer cannot clean up");
    fs::write(folder.path().join("other"), "x").unwrap();
    assert_eq!(remove_dead(folder.path()).unwrap(), 1);
    let (path, length) = live.publish(None).unwrap().keep();
    assert_eq!(length, 4);
    let mut text = String::new();
    File::open(path).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "live");
    let mut left = names(folder.path());
    left.sort();
    assert_eq!(left, ["live", "other"]);
}

#[test]
fn nothing_is_visible_before_publishing_nor_after_dropping() {
    let folder = tempfile::tempdir().unwrap();
    let mut part = Part::create(folder.path(), &id(), None).unwrap();
    part.append(&[b"x"]).unwrap();
    assert!(names(folder.path())[0].starts_with(".glance-image-"));
    drop(part);
    assert!(names(folder.path()).is_empty());
    let part = Part::create(folder.path(), &id(), None).unwrap();
    drop(part.publish(None).unwrap());
    assert!(names(folder.path()).is_empty(), "an object that nobody keeps goes again");
}

#[test]
fn pieces_of_any_size_are_appended_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut part = Part::create(folder.path(), &id(), None).unwrap();
    for pieces in ["", "|", "|ab||c", "def|"] {
        let pieces: Vec<&[u8]> = pieces.split('|').map(str::as_bytes).collect();
        part.append(&pieces).unwrap();
    }
    let (path, length) = part.publish(None).unwrap().keep();
    assert_eq!((fs::read(path).unwrap().as_slice(), length), (b"abcdef".as_slice(), 6));
}

#[test]
fn reserved_space_beyond_the_end_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut part = Part::create(folder.path(), &id(), None).unwrap();
    part.reserve(10_000_000).unwrap();
    part.append(&[b"x"]).unwrap();
    let (path, length) = part.publish(None).unwrap().keep();
    assert_eq!(length, 1);
    let figures = fs::metadata(path).unwrap();
    assert_eq!(figures.len(), 1);
    assert!(figures.blocks() * 512 < 1_000_000);
}

#[test]
fn thin_pieces_make_the_same_file_wherever_they_are_cut() {
    let mut data = vec![0_u8; 10_000];
    for place in [0, 999, 1000, 4567, 9_999] {
        data[place] = 1;
    }
    for step in [1, 7, 512, 1000, 1024, 10_000] {
        let folder = tempfile::tempdir().unwrap();
        let mut part = Part::create(folder.path(), &id(), Some(1000)).unwrap();
        for piece in data.chunks(step) {
            part.append(&[piece]).unwrap();
        }
        let (path, _) = part.publish(None).unwrap().keep();
        assert!(fs::read(path).unwrap() == data, "pieces of {step}");
    }
}
