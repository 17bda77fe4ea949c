//! DynamoDB's expressions: conditions, key conditions and updates.
//!
//! Source: "Using expressions in DynamoDB", Amazon DynamoDB Developer Guide.

use super::Item;
use serde_json::{Value, json};
use std::cell::Cell;
use std::cmp::Ordering;

/// An expression with its names and values.
pub(super) struct Expression<'a> {
    tokens: Vec<&'a str>,
    request: &'a Value,
}

impl<'a> Expression<'a> {
    pub(super) fn new(text: &'a str, request: &'a Value) -> Self {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '#' | ':');
            let length = match first {
                _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                '<' | '>' if rest[1..].starts_with(['=', '>']) => 2,
                _ => 1,
            };
            let (token, tail) = rest.split_at(length);
            tokens.push(token);
            rest = tail.trim_start();
        }
        Self { tokens, request }
    }

    /// Whether it is true of `item`.
    pub(super) fn holds(&self, item: Option<&Item>) -> bool {
        let reader = Reader { expression: self, item, at: Cell::new(0) };
        let holds = reader.any();
        assert!(reader.peek().is_empty(), "what is `{}`?", reader.peek());
        holds
    }

    /// Does what it says to `item`; `before` is what its operands read.
    pub(super) fn update(&self, before: Option<&Item>, item: &mut Item) -> Result<(), String> {
        let reader = Reader { expression: self, item: before, at: Cell::new(0) };
        let mut remove = false;
        loop {
            if matches!(reader.peek(), "SET" | "REMOVE") {
                remove = reader.next() == "REMOVE";
            }
            let name = reader.name();
            if remove {
                item.remove(name);
            } else {
                reader.expect("=");
                let value = reader.sum().ok_or(
                    "The provided expression refers to an attribute that does not exist in the item",
                )?;
                item.insert(name.to_owned(), value);
            }
            match reader.peek() {
                "" => return Ok(()),
                "SET" | "REMOVE" => {}
                _ => reader.expect(","),
            }
        }
    }
}

/// Reads an expression and says what it comes to for an item.
struct Reader<'a> {
    expression: &'a Expression<'a>,
    item: Option<&'a Item>,
    at: Cell<usize>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> &'a str {
        self.expression.tokens.get(self.at.get()).copied().unwrap_or_default()
    }

    fn next(&self) -> &'a str {
        let token = self.peek();
        self.at.set(self.at.get() + 1);
        token
    }

    fn expect(&self, token: &str) {
        let found = self.next();
        assert_eq!(found, token, "in {:?}", self.expression.tokens);
    }

    fn any(&self) -> bool {
        let mut holds = self.all();
        while self.peek() == "OR" {
            self.next();
            holds |= self.all();
        }
        holds
    }

    fn all(&self) -> bool {
        let mut holds = self.one();
        while self.peek() == "AND" {
            self.next();
            holds &= self.one();
        }
        holds
    }

    fn one(&self) -> bool {
        match self.peek() {
            "(" => {
                self.next();
                let holds = self.any();
                self.expect(")");
                holds
            }
            "attribute_exists" | "attribute_not_exists" => {
                let exists = self.next() == "attribute_exists";
                self.expect("(");
                let name = self.name();
                self.expect(")");
                exists == self.item.is_some_and(|item| item.contains_key(name))
            }
            "begins_with" => {
                self.next();
                self.expect("(");
                let text = self.sum();
                self.expect(",");
                let prefix = self.sum();
                self.expect(")");
                let texts = text
                    .as_ref()
                    .and_then(|t| t["S"].as_str())
                    .zip(prefix.as_ref().and_then(|p| p["S"].as_str()));
                texts.is_some_and(|(text, prefix)| text.starts_with(prefix))
            }
            _ => {
                let left = self.sum();
                let comparison = self.next();
                let right = self.sum();
                let Some((left, right)) = left.zip(right) else { return false };
                let Some(order) = compare(&left, &right) else { return comparison == "<>" };
                match comparison {
                    "=" => order.is_eq(),
                    "<>" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    ">=" => order.is_ge(),
                    other => panic!("what is `{other}`?"),
                }
            }
        }
    }

    fn sum(&self) -> Option<Value> {
        let mut sum = self.operand();
        while matches!(self.peek(), "+" | "-") {
            let plus = self.next() == "+";
            let other = self.operand();
            sum = sum.zip(other).and_then(|(a, b)| {
                let (a, b) = (number(&a)?, number(&b)?);
                Some(json!({ "N": (if plus { a + b } else { a - b }).to_string() }))
            });
        }
        sum
    }

    fn operand(&self) -> Option<Value> {
        let token = self.peek();
        if token == "if_not_exists" {
            self.next();
            self.expect("(");
            let name = self.name();
            self.expect(",");
            let default = self.operand();
            self.expect(")");
            return self.attribute(name).or(default);
        }
        if token.starts_with(':') {
            self.next();
            return self.expression.request["ExpressionAttributeValues"].get(token).cloned();
        }
        self.attribute(self.name())
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.item?.get(name).cloned()
    }

    fn name(&self) -> &'a str {
        let token = self.next();
        match token.starts_with('#') {
            true => self.expression.request["ExpressionAttributeNames"][token].as_str().expect("a name"),
            false => token,
        }
    }
}

fn number(value: &Value) -> Option<i64> {
    value["N"].as_str()?.parse().ok()
}

/// The order of two values; `None` if they are of different types.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    if let Some((left, right)) = left["S"].as_str().zip(right["S"].as_str()) {
        return Some(left.cmp(right));
    }
    number(left).zip(number(right)).map(|(left, right)| left.cmp(&right))
}
