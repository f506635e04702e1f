//! What a file holds, for people.

use std::fmt::{self, Display};

use comfy_table::{CellAlignment, Table, presets};

use super::survey::{FileSurvey, Link};

/// Of many transmitters most are passers-by.
const SHOWN_TRANSMITTERS: usize = 20;

pub(super) const fn render(survey: &FileSurvey) -> impl Display + '_ {
    Rendered(survey)
}

struct Rendered<'a>(&'a FileSurvey);

impl Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(survey) = self;
        let gzip = if survey.gzip { ", gzip" } else { "" };
        writeln!(f, "{}: {}{gzip}, {} octets", survey.file, survey.container, survey.file_octets)?;
        if !survey.whole {
            writeln!(f, "warning: the file breaks off; what came before is counted")?;
        }
        let links: Vec<_> = survey.link_types.iter().map(link).collect();
        if !links.is_empty() {
            writeln!(f, "link types: {}", links.join(", "))?;
        }
        if let (Some(first), Some(last), Some(duration_s)) = (survey.first, survey.last, survey.duration_s) {
            writeln!(f, "{} packets from {} to {}, {duration_s:.3} s", survey.packets, first.0, last.0)?;
        } else {
            writeln!(f, "{} packets without times", survey.packets)?;
        }
        write!(f, "{}", kinds(survey))?;
        write!(f, "{}", nodes(survey))?;
        write!(f, "{}", transmitters(survey))?;
        if survey.incomplete_reports > 0 {
            writeln!(f, "\n{} reports of which a part is missing", survey.incomplete_reports)?;
        }
        write!(f, "{}", errors(survey))
    }
}

fn link(Link { number, name, packets }: &Link) -> String {
    match name {
        Some(name) => format!("{name} ({packets})"),
        None => format!("{number}, which is not read ({packets})"),
    }
}

fn kinds(survey: &FileSurvey) -> Section {
    let rows = survey.kinds.iter().map(|count| {
        let sizes = &count.sizes;
        let each = if sizes.shortest == sizes.longest {
            sizes.shortest.to_string()
        } else {
            format!("{} to {}", sizes.shortest, sizes.longest)
        };
        vec![count.kind.to_string(), sizes.packets.to_string(), sizes.octets.to_string(), each]
    });
    Section::new(&["kind", "packets", "octets", "each"], &[1, 2], rows)
}

fn nodes(survey: &FileSurvey) -> Section {
    let rows = survey.nodes.iter().map(|node| vec![node.node.to_string(), node.packets.to_string()]);
    Section::new(&["node", "packets"], &[1], rows)
}

fn transmitters(survey: &FileSurvey) -> Section {
    let shown = survey.transmitters.iter().take(SHOWN_TRANSMITTERS);
    let shown = shown.map(|one| vec![one.transmitter.clone(), one.packets.to_string()]);
    let hidden = survey.transmitters.iter().skip(SHOWN_TRANSMITTERS);
    let others = hidden.map(|one| one.packets).sum::<u64>() + survey.unnamed_transmissions;
    let others = (others > 0).then(|| vec![String::from("others"), others.to_string()]);
    Section::new(&["transmitter", "packets"], &[1], shown.chain(others))
}

fn errors(survey: &FileSurvey) -> Section {
    let rows = survey.errors.iter().map(|error| {
        let first = format!("packet {}: {}", error.first.number, error.first.message);
        vec![error.reason.to_owned(), error.count.to_string(), first]
    });
    Section::new(&["error", "packets", "first"], &[1], rows)
}

/// A table with an empty line before it, or nothing at all.
struct Section(Option<Table>);

impl Section {
    fn new(header: &[&str], numbers: &[usize], rows: impl Iterator<Item = Vec<String>>) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(header.to_vec()).add_rows(rows);
        if table.is_empty() {
            return Self(None);
        }
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if numbers.contains(&at) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self(Some(table))
    }
}

impl Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |table| writeln!(f, "\n{}", table.trim_fmt()))
    }
}
