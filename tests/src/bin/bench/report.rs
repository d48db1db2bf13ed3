//! Figures, their limits and their targets.

use serde_json::{Value, json};

/// Which way a ratio is to differ from its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The target is the least.
    AtLeast,
    /// The target is the most.
    AtMost,
}

/// One line of the report.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// What we reach.
    pub(crate) ours: f64,
    /// Unit of ours and of the limit.
    pub(crate) unit: &'static str,
    /// What we are held against.
    pub(crate) against: String,
    /// Its figure.
    pub(crate) limit: f64,
    /// The target for ours divided by the limit, where there is one.
    pub(crate) target: Option<(Goal, f64)>,
}

impl Figure {
    fn ratio(&self) -> f64 {
        self.ours / self.limit
    }

    fn is_met(&self) -> Option<bool> {
        self.target.map(|(goal, target)| match goal {
            Goal::AtLeast => self.ratio() >= target,
            Goal::AtMost => self.ratio() <= target,
        })
    }
}

/// All figures of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    figures: Vec<Figure>,
}

impl Report {
    /// Adds a figure and prints it, so that a long run shows its progress.
    pub(crate) fn add(&mut self, figure: Figure) {
        println!("{}", line(&figure));
        self.figures.push(figure);
    }

    /// All of them as a table.
    pub(crate) fn table(&self) -> String {
        self.figures.iter().map(|figure| line(figure) + "\n").collect()
    }

    /// All of them as JSON.
    pub(crate) fn json(&self) -> String {
        let figures: Vec<Value> = self.figures.iter().map(as_json).collect();
        format!("{:#}\n", json!({"figures": figures, "processors": processors()}))
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn as_json(figure: &Figure) -> Value {
    json!({
        "name": figure.name, "ours": figure.ours, "unit": figure.unit, "against": figure.against,
        "limit": figure.limit, "ratio": figure.ratio(),
        "target": figure.target.map(|(_, target)| target), "met": figure.is_met(),
    })
}

fn line(figure: &Figure) -> String {
    let target = figure.target.map_or_else(String::new, |(goal, target)| {
        let sign = if goal == Goal::AtLeast { ">=" } else { "<=" };
        let verdict = if figure.is_met() == Some(true) { "met" } else { "MISSED" };
        format!("target {sign} {target:.2}  {verdict}")
    });
    format!(
        "{:<34} {:>10.1} {:<6} against {:>10.1} {:<28} ratio {:>6.2}  {target}",
        figure.name,
        figure.ours,
        figure.unit,
        figure.limit,
        figure.against,
        figure.ratio()
    )
}
