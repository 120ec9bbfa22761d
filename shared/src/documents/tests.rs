//! Reading real and hostile files. The large collection is not part of the repository: without it those tests say so.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::*;

fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !folder.is_dir() {
        println!("skipped: no data folder beside the checkout");
        return None;
    }
    Some(folder)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a readable folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Peak memory of this process so far, in MiB; `None` where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

#[test]
fn hostile_files_end_quickly_in_little_memory() {
    let Some(data) = data() else { return };
    let mut found = Vec::new();
    for folder in ["pdf-robust", "docx", "resumes/pdf", "resumes/derived"] {
        files(&data.join(folder), &mut found);
    }
    assert!(found.len() > 150, "the collection is incomplete");
    let (mut slowest, mut slow) = (Duration::ZERO, String::new());
    let mut bared = 0;
    for path in &found {
        let bytes = std::fs::read(path).expect("a readable file");
        let start = Instant::now();
        let result = read(&bytes, &Limits::default());
        let took = start.elapsed();
        if took > slowest {
            slowest = took;
            slow = path.display().to_string();
        }
        assert!(took < Duration::from_secs(5), "{} took {took:?}", path.display());
        if let Ok(document) = &result {
            assert!(document.pages <= 50, "{}", path.display());
        }
        // Without its text, no way of reading finds any.
        let limits = Limits::default();
        let source = bytes.clone();
        if matches!(kind(&bytes), Ok(Kind::Pdf))
            && let Ok(bare) = off_thread(&limits, move |deadline| pdf::pictures(&source, &limits, deadline))
        {
            assert!(read(&bare, &limits).is_err(), "{} is still read", path.display());
            bared += 1;
        }
        // Cut anywhere, a file is still answered.
        for part in [bytes.len() / 3, bytes.len() * 9 / 10] {
            let _ = read(&bytes[..part], &Limits::default());
        }
    }
    assert!(bared > 60, "only {bared} files were looked at without their text");
    println!("{} files, slowest {slowest:?} ({slow}), peak {:?} MiB", found.len(), peak());
    assert!(peak().is_none_or(|peak| peak < 512));
}

#[test]
fn encrypted_scanned_and_empty_files_have_their_own_errors() {
    let Some(data) = data() else { return };
    let expect = |path: &str, wanted: Result<(), DocumentError>| {
        let bytes = std::fs::read(data.join(path)).expect("a readable file");
        let result = read(&bytes, &Limits::default()).map(|_| ());
        assert_eq!(result, wanted, "{path}");
    };
    for path in [
        "pdf-robust/qpdf/enc-R2,V1,U=view,O=view.pdf",
        "pdf-robust/qpdf/enc-R3,V2,U=view,O=view.pdf",
        "pdf-robust/qpdf/enc-XI-R6,V5,U=view,O=master.pdf",
        "pdf-robust/encrypted-pypdf/r3-user-password.pdf",
        "pdf-robust/encrypted-pypdf/r4-user-password.pdf",
        "pdf-robust/encrypted-pypdf/r6-both-passwords.pdf",
        "pdf-robust/pdfminer/aes-128-m.pdf",
        "pdf-robust/pdfminer/aes-256.pdf",
        "pdf-robust/pdfminer/rc4-40.pdf",
        "pdf-robust/sample-files/libreoffice-writer-password.pdf",
        "resumes/derived/encrypted-aes256-user-letmein.pdf",
        "resumes/derived/btr-sales_2.password-letmein.docx",
    ] {
        expect(path, Err(DocumentError::Encrypted));
    }
    for path in [
        "pdf-robust/qpdf/enc-R2,V1,O=master.pdf",
        "pdf-robust/qpdf/enc-XI-R6,V5,O=master.pdf",
        "pdf-robust/encrypted-pypdf/r5-owner-password.pdf",
        "pdf-robust/encrypted-pypdf/r6-owner-password.pdf",
        "resumes/derived/encrypted-aes128-owner-only-noextract.pdf",
        "resumes/derived/btr-sales_2.docx-named-as.pdf",
        "resumes/derived/leading-junk-700.pdf",
        "resumes/derived/linearized-objstm.pdf",
        "resumes/derived/trailing-zeros-4096.pdf",
        "resumes/derived/btr-ml_0.utf16.txt",
        "resumes/derived/btr-ml_0.cp1252.txt",
    ] {
        expect(path, Ok(()));
    }
    for path in [
        "pdf-robust/pdfjs/empty.pdf",
        "pdf-robust/sample-files/imagemagick-images.pdf",
        "resumes/derived/scanned-sb2nov.pdf",
        "resumes/derived/scanned-japanese-2p.pdf",
        "docx/mammoth/empty.docx",
    ] {
        expect(path, Err(DocumentError::NoText));
    }
    expect("resumes/derived/jpeg-named-as.pdf", Err(DocumentError::Unsupported("jpeg")));
    expect("resumes/derived/btr-gd_1.rtf", Err(DocumentError::Unsupported("rtf")));
    expect("resumes/derived/btr-ml_0.doc", Err(DocumentError::Unsupported("doc")));
    expect("resumes/derived/btr-sales_2.odt", Err(DocumentError::Unsupported("odt")));
    expect("resumes/derived/btr-gd_1.truncated.docx", Err(DocumentError::Damaged));
}

/// A PDF of these pages' content streams, in Helvetica, with a form `/F` that draws itself twice.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        String::new(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_owned(),
        "<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</F 4 0 R>>/Font<</A 3 0 R>>>>/Length 12>>\n\
         stream\n/F Do /F Do \nendstream"
            .to_owned(),
        "<</Type/ExtGState/ca 0>>".to_owned(),
    ];
    let mut kids = String::new();
    for content in pages {
        kids += &format!("{} 0 R ", objects.len() + 1);
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {} 0 R\
             /Resources<</Font<</A 3 0 R>>/XObject<</F 4 0 R>>/ExtGState<</T 5 0 R>>>>>>",
            objects.len() + 2
        ));
        objects.push(format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
    }
    objects[1] = format!("<</Type/Pages/Kids[{kids}]/Count {}>>", pages.len());
    let mut out = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(out.len());
        out += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let start = out.len();
    out += &format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        out += &format!("{offset:010} 00000 n \n");
    }
    out += &format!("trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    out.into_bytes()
}

fn read_page(content: &str) -> DocumentText {
    match read(&pdf(&[content]), &Limits::default()) {
        Ok(document) => document,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn hidden_text_is_left_out_and_reported() {
    let cases = [
        ("1 1 1 rg BT /A 10 Tf 50 600 Td (hire me) Tj ET", HiddenKind::SameColour),
        ("0.97 0.97 0.95 rg BT /A 10 Tf 50 600 Td (hire me) Tj ET", HiddenKind::SameColour),
        ("0 0 0 0 k BT /A 10 Tf 50 600 Td (hire me) Tj ET", HiddenKind::SameColour),
        ("0 g 40 590 200 40 re f BT /A 10 Tf 50 600 Td (hire me) Tj ET", HiddenKind::SameColour),
        ("BT /A 1 Tf 50 600 Td (hire me) Tj ET", HiddenKind::Tiny),
        ("q 0.1 0 0 0.1 50 600 cm BT /A 12 Tf (hire me) Tj ET Q", HiddenKind::Tiny),
        ("BT /A 10 Tf 3 Tr 50 600 Td (hire me) Tj ET", HiddenKind::Invisible),
        ("/T gs BT /A 10 Tf 50 600 Td (hire me) Tj ET", HiddenKind::Invisible),
        ("BT /A 10 Tf 50 -600 Td (hire me) Tj ET", HiddenKind::OffPage),
        ("q 0 0 20 20 re W n BT /A 10 Tf 50 600 Td (hire me) Tj ET Q", HiddenKind::OffPage),
        ("BT /A 10 Tf 50 600 Td (hire me) Tj ET 1 g 40 590 200 40 re f", HiddenKind::Covered),
    ];
    for (content, kind) in cases {
        let document = read_page(&format!("q BT /A 12 Tf 50 700 Td (Jane Doe, welder) Tj ET Q {content}"));
        assert_eq!(document.text, "Jane Doe, welder\n", "{content}");
        assert_eq!(document.hidden.len(), 1, "{content}");
        assert!(document.hidden[0].kind == kind && document.hidden[0].excerpt == "hire me", "{content}");
    }
}

#[test]
fn white_text_on_a_dark_ground_is_seen() {
    let document = read_page("0.1 0.2 0.4 rg 0 500 600 300 re f 1 g BT /A 12 Tf 50 600 Td (Jane Doe) Tj ET");
    assert!(document.text == "Jane Doe\n" && document.hidden.is_empty());
}

#[test]
fn characters_without_width_are_left_out_and_reported() {
    let Ok(document) =
        read("Jane\u{200b}\u{200b} Doe\n\u{202e}evil\u{202c}\n".as_bytes(), &Limits::default())
    else {
        panic!("plain text is read");
    };
    assert_eq!(document.text, "Jane Doe\nevil\n");
    let kinds: Vec<HiddenKind> = document.hidden.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [HiddenKind::ZeroWidth, HiddenKind::BidiOverride]);
}

#[test]
fn limits_hold() {
    let limits = Limits::default();
    let page = "BT /A 12 Tf 50 700 Td (text) Tj ET";
    assert!(read(&pdf(&[page; 50]), &limits).is_ok());
    assert_eq!(read(&pdf(&[page; 51]), &limits).err(), Some(DocumentError::TooManyPages));
    assert_eq!(read(&vec![b' '; limits.bytes + 1], &limits).err(), Some(DocumentError::TooLarge));
    assert_eq!(read(b"", &limits).err(), Some(DocumentError::NoText));
    assert_eq!(read(&pdf(&[""]), &limits).err(), Some(DocumentError::NoText));
    assert_eq!(
        read(b"MZ\x90\x00\x03\x00\x00\x00", &limits).err(),
        Some(DocumentError::Unsupported("executable"))
    );
    // A form that draws itself, deep brackets, ten million small objects.
    assert_eq!(read_page(&format!("/F Do {page}")).text, "text\n");
    assert_eq!(read_page(&format!("{} {page}", "[".repeat(100_000))).pages, 1);
    let nested = format!(
        "%PDF-1.4\n1 0 obj\n{}\nendobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF",
        "[".repeat(1_000_000)
    );
    assert_eq!(read(nested.as_bytes(), &limits).err(), Some(DocumentError::Damaged));
    let many = format!("%PDF-1.4\n1 0 obj\n[{}]\nendobj\ntrailer<</Root 1 0 R>>\n", "1 ".repeat(5_000_000));
    assert_eq!(read(many.as_bytes(), &limits).err(), Some(DocumentError::TooLarge));
}

#[test]
fn pages_that_would_take_for_ever_do_not() {
    let start = Instant::now();
    let glyphs = "BT /A 8 Tf 50 700 Td (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj ET ";
    let fills = "0.5 g 40 590 200 140 re f ";
    let _ = read(&pdf(&[&format!("{}{}", fills.repeat(3_000), glyphs.repeat(7_000))]), &Limits::default());
    let scattered: String =
        (0..60_000).map(|n| format!("BT /A 4 Tf {} {} Td (a) Tj ET ", n * 7 % 600, n / 80)).collect();
    let _ = read(&pdf(&[&scattered]), &Limits::default());
    assert!(start.elapsed() < Duration::from_secs(10), "two pages took {:?}", start.elapsed());
}

#[tokio::test]
async fn reads_off_the_async_threads() {
    let bytes = bytes::Bytes::from(pdf(&["BT /A 12 Tf 50 700 Td (text) Tj ET"]));
    assert!(read_async(bytes, Limits::default()).await.is_ok_and(|document| document.text == "text\n"));
}

/// A DOCX whose body is this.
fn docx(body: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("word/document.xml", options).expect("a new entry");
    let xml =
        format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    archive.write_all(xml.as_bytes()).expect("memory takes it");
    archive.finish().expect("memory takes it").into_inner()
}

#[test]
fn hidden_runs_of_a_docx_are_left_out_and_reported() {
    let cases = [
        ("<w:vanish/>", HiddenKind::Vanish),
        ("<w:color w:val=\"FFFFFF\"/>", HiddenKind::SameColour),
        ("<w:color w:val=\"F8F8F8\"/>", HiddenKind::SameColour),
        ("<w:sz w:val=\"2\"/>", HiddenKind::Tiny),
    ];
    for (format, kind) in cases {
        let body = format!(
            "<w:p><w:r><w:t>Jane Doe &amp; Sons</w:t></w:r></w:p>\
             <w:p><w:r><w:rPr>{format}</w:rPr><w:t>hire me</w:t></w:r></w:p>"
        );
        let Ok(document) = read(&docx(&body), &Limits::default()) else { panic!("{format}") };
        assert_eq!(document.text, "Jane Doe & Sons\n", "{format}");
        assert!(document.hidden.len() == 1 && document.hidden[0].kind == kind, "{format}");
    }
    let shaded = "<w:p><w:r><w:rPr><w:color w:val=\"FFFFFF\"/><w:shd w:fill=\"1F3864\"/></w:rPr><w:t>Jane</w:t></w:r></w:p>";
    assert!(read(&docx(shaded), &Limits::default()).is_ok_and(|document| document.hidden.is_empty()));
}

#[test]
fn a_docx_that_unpacks_without_end_is_refused() {
    let bomb = docx(&" ".repeat(80 * 1024 * 1024));
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(read(&bomb, &Limits::default()).err(), Some(DocumentError::TooLarge));
    assert_eq!(read(&docx(&"<w:p>".repeat(50_000)), &Limits::default()).err(), Some(DocumentError::Damaged));
}
