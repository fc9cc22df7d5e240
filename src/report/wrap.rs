//! Texts in columns.

/// The text in lines of at most `width` characters: broken at a blank where there is one, after a separator else, and
/// anywhere when there is neither.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > width {
        let least = width / 2;
        let within = |wanted: fn(char) -> bool| (least..width).rev().find(|at| wanted(rest[*at]));
        // A line that is followed by a blank may be as long as there is room.
        let blank = if rest[width] == ' ' { Some(width) } else { within(|c| c == ' ') };
        let after = |wanted| within(wanted).map(|at| at + 1);
        let cut =
            blank.or_else(|| after(|c| "/,;&?|".contains(c))).or_else(|| after(|c| ":@=_-.".contains(c)));
        let cut = cut.unwrap_or(width);
        let after = rest.split_off(cut);
        lines.push(rest.iter().collect::<String>().trim_end().to_string());
        rest = after.into_iter().skip_while(|c| *c == ' ').collect();
    }
    lines.push(rest.into_iter().collect());
    lines
}

/// How many columns a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().count()
}

/// What widths columns get that would like to have `natural`, in `room` characters: each what it wants where there
/// is room, and no column less than the least for the sake of another.
#[must_use]
pub fn share(natural: &[usize], room: usize) -> Vec<usize> {
    let mut left = room;
    let mut widths = vec![0; natural.len()];
    let mut open: Vec<usize> = (0..natural.len()).collect();
    // What wants less than its share gets it; the others share what is left.
    while !open.is_empty() {
        let share = left / open.len();
        let (content, greedy): (Vec<usize>, Vec<usize>) = open.iter().partition(|at| natural[**at] <= share);
        if content.is_empty() {
            for (index, at) in greedy.iter().enumerate() {
                widths[*at] = share + usize::from(index < left % greedy.len());
            }
            break;
        }
        for at in content {
            widths[at] = natural[at];
            left -= natural[at];
        }
        open = greedy;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_where_it_hurts_least() {
        assert_eq!(wrap("a short text", 20), ["a short text"]);
        assert_eq!(wrap("read by people who sleep", 12), ["read by", "people who", "sleep"]);
        assert_eq!(
            wrap("postgres://app@database:5432/app", 16),
            ["postgres://", "app@database:", "5432/app"]
        );
        assert_eq!(wrap(&"x".repeat(20), 8), ["xxxxxxxx", "xxxxxxxx", "xxxx"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("ééééééééé é", 9), ["ééééééééé", "é"]);
    }

    #[test]
    fn columns_share_the_room() {
        assert_eq!(share(&[10, 20, 30], 100), [10, 20, 30]);
        assert_eq!(share(&[10, 200, 30], 100), [10, 60, 30]);
        assert_eq!(share(&[10, 200, 300], 101), [10, 46, 45]);
        assert_eq!(share(&[], 10), Vec::<usize>::new());
    }
}
