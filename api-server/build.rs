//! Turns the catalogues of messages (`i18n/*.po`) into a table of the program.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where the catalogues lie, below the crate.
const FOLDER: &str = "i18n";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rustc-check-cfg=cfg(fuzzing)");
    let mut table = "&[\n".to_owned();
    for path in catalogues()? {
        write_catalogue(&path, &mut table)?;
    }
    table.push_str("]\n");
    let target = Path::new(&env::var("OUT_DIR")?).join("catalogues.rs");
    fs::write(target, table)?;
    Ok(())
}

/// The files by name, so that builds are the same everywhere.
fn catalogues() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "po") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// One entry: the language, and pairs of message and translation. What is not translated, or not for sure, is left out.
fn write_catalogue(path: &Path, table: &mut String) -> Result<(), Box<dyn Error>> {
    let catalogue = polib::po_file::parse(path).map_err(|error| format!("{}: {error:?}", path.display()))?;
    let language = path.file_stem().and_then(|name| name.to_str()).ok_or("a catalogue without a name")?;
    if catalogue.metadata.language != language {
        return Err(format!("{}: says that its language is {}", path.display(), catalogue.metadata.language).into());
    }
    writeln!(table, "    ({language:?}, &[")?;
    for message in catalogue.messages() {
        let translation = message.msgstr().map_err(|error| format!("{}: {error:?}", path.display()))?;
        if !message.is_fuzzy() && !translation.is_empty() {
            writeln!(table, "        ({:?}, {translation:?}),", message.msgid())?;
        }
    }
    writeln!(table, "    ]),")?;
    Ok(())
}
