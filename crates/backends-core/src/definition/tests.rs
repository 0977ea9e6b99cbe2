//! Definitions, rule by rule.
