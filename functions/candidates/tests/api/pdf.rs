/// A PDF of one page with these lines, and with `hidden` in white on the white page.
pub(crate) fn pdf(lines: &[&str], hidden: &str) -> Vec<u8> {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
    let mut page = String::from("BT /F1 11 Tf 14 TL 72 760 Td\n");
    for line in lines {
        page.push_str(&format!("({}) Tj T*\n", escaped(line)));
    }
    if !hidden.is_empty() {
        page.push_str(&format!("1 1 1 rg ({}) Tj\n", escaped(hidden)));
    }
    page.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let table = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        file.push_str(&format!("{place:010} 00000 n \n"));
    }
    file.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    file.into_bytes()
}

pub(crate) fn resume() -> Vec<u8> {
    pdf(&RESUME, "")
}

pub(crate) const RESUME: [&str; 16] = [
    "Jane Citizen",
    "Perth WA",
    "jane.citizen@example.com",
    "+61 400 000 001",
    "",
    "Experience",
    "Software Engineer, Acme Pty Ltd",
    "Nov 2019 - Present",
    "Built payment services in Rust.",
    "",
    "Education",
    "Bachelor of Science, Curtin University",
    "2015 - 2018",
    "",
    "Skills",
    "Rust, Python, PostgreSQL",
];
