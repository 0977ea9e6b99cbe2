//! Choices that make up a sample of a type: noted in the order in which they are made, changed where they were refused.

/// How many choices one sample may take.
const LONGEST: usize = 256;

/// The choices of a sample, in order.
#[derive(Debug, Default)]
pub(super) struct Draft {
    choices: Vec<Choice>,
    /// How many the present attempt has come to.
    made: usize,
    /// Whether the present attempt taught what the next has to do.
    taught: bool,
}

#[derive(Debug)]
struct Choice {
    taken: usize,
    of: usize,
    /// The fields that a struct here has asked for.
    fields: Vec<&'static str>,
    /// The words that text here is limited to.
    words: Option<&'static [&'static str]>,
}

impl Draft {
    /// The number of the next choice, and which of `of` to take; nothing when the sample has grown too long.
    pub(super) fn choose(&mut self, of: usize) -> Option<(usize, usize)> {
        let index = self.made;
        if index == self.choices.len() {
            if index == LONGEST || of == 0 {
                return None;
            }
            self.choices.push(Choice { taken: 0, of, fields: Vec::new(), words: None });
        }
        self.made += 1;
        self.choices.get(index).map(|choice| (index, choice.taken))
    }

    /// The field that the struct of this choice is to be given at this position.
    pub(super) fn field(&self, choice: usize, position: usize) -> Option<&'static str> {
        self.choices.get(choice)?.fields.get(position).copied()
    }

    /// Has the struct of this choice given a field that it was missing.
    pub(super) fn require(&mut self, choice: usize, field: &'static str) {
        if let Some(choice) = self.choices.get_mut(choice)
            && !choice.fields.contains(&field)
        {
            choice.fields.push(field);
            self.taught = true;
        }
    }

    /// The word that the text of this choice is to be, if it was limited to some.
    pub(super) fn word(&self, choice: usize) -> Option<&'static str> {
        let choice = self.choices.get(choice)?;
        choice.words?.get(choice.taken).copied()
    }

    /// Limits the text of this choice to `words`.
    pub(super) fn limit(&mut self, choice: usize, words: &'static [&'static str]) {
        if let Some(choice) = self.choices.get_mut(choice)
            && choice.words.is_none()
            && !words.is_empty()
        {
            (choice.taken, choice.of, choice.words) = (0, words.len(), Some(words));
            self.taught = true;
        }
    }

    /// Makes ready for another attempt, which differs in the last choice that can differ; false when none can.
    pub(super) fn amend(&mut self) -> bool {
        self.choices.truncate(self.made);
        self.made = 0;
        if std::mem::take(&mut self.taught) {
            return true;
        }
        while let Some(last) = self.choices.last_mut() {
            if last.taken + 1 < last.of {
                last.taken += 1;
                // What follows from another choice is asked anew.
                last.fields.clear();
                return true;
            }
            self.choices.pop();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_choice_is_changed_first_and_then_the_one_before() {
        let mut draft = Draft::default();
        let mut seen = Vec::new();
        loop {
            seen.push((draft.choose(2).unwrap().1, draft.choose(2).unwrap().1));
            if !draft.amend() {
                break;
            }
        }
        assert_eq!(seen, [(0, 0), (0, 1), (1, 0), (1, 1)]);
        assert!(draft.choose(0).is_none());
    }

    #[test]
    fn what_an_attempt_teaches_changes_no_choice() {
        let mut draft = Draft::default();
        assert_eq!(draft.choose(1), Some((0, 0)));
        assert_eq!(draft.choose(3), Some((1, 0)));
        draft.require(0, "name");
        assert!(draft.amend());
        assert_eq!((draft.field(0, 0), draft.field(0, 1)), (Some("name"), None));
        assert_eq!((draft.choose(1), draft.choose(3)), (Some((0, 0)), Some((1, 0))));
        draft.limit(1, &["red", "blue"]);
        assert!(draft.amend());
        assert_eq!(draft.word(1), Some("red"));
        draft.choose(1);
        draft.choose(3);
        assert!(draft.amend());
        assert_eq!(draft.word(1), Some("blue"));
    }

    #[test]
    fn a_sample_does_not_grow_without_end() {
        let mut draft = Draft::default();
        assert_eq!((0..1_000).filter(|_| draft.choose(1).is_some()).count(), LONGEST);
    }
}
