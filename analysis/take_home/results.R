# The numbers of the results page, from the files beside this one: Rscript results.R
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
get <- function(name) {
  read.csv(file.path(here, name), colClasses = "character", na.strings = character(0), encoding = "UTF-8")
}

NOT_SURE <- -1
MISSING <- -2

ratings <- get("ratings.csv")
# A score, or why there is none. What was answered after a code-break counts as missing.
ratings$code <- MISSING
scored <- ratings$score != ""
ratings$code[scored] <- as.integer(ratings$score[scored])
ratings$code[ratings$not_sure == "1"] <- NOT_SURE
ratings$code[ratings$unblinded == "1" | ratings$saved_at == ""] <- MISSING

share <- function(count, n) if (n > 0) sprintf("%.6f", count / n) else "NA"

# Answers to both versions of a recording by one rater; hidden repeats form no pairs.
result <- function(item, method) {
  own <- ratings[ratings$item == item & ratings$repeat. == "0" & ratings$method %in% c("", method), ]
  pair <- paste(own$rater, own$participant, own$recording, sep = "\t")
  who <- unique(pair)
  of_arm <- function(arm) {
    codes <- own$code[own$arm == arm][match(who, pair[own$arm == arm])]
    ifelse(is.na(codes), MISSING, codes)
  }
  original <- of_arm("original")
  other <- of_arm("de-identified")
  valid <- original >= 0 & other >= 0
  deviation <- original[valid] - other[valid]
  n <- length(deviation)
  parts <- strsplit(who[valid], "\t")
  c(
    item, method, n,
    length(unique(vapply(parts, `[`, "", 2))), length(unique(vapply(parts, `[`, "", 1))),
    share(sum(deviation), n), share(sum(deviation == 0), n), share(sum(abs(deviation) <= 1), n),
    sum(original == NOT_SURE), sum(other == NOT_SURE), sum(original == MISSING), sum(other == MISSING),
    vapply(-4:4, function(value) sum(deviation == value), 0L)
  )
}

head <- c(
  "item", "method", "n_pairs", "n_participants", "n_raters", "mean", "identical", "within_one", "not_sure_original",
  "not_sure_deidentified", "missing_original", "missing_deidentified",
  "m4", "m3", "m2", "m1", "d0", "p1", "p2", "p3", "p4"
)
cat(head, sep = ",")
cat("\n")
for (item in get("items.csv")$item) {
  for (method in get("methods.csv")$method) {
    cat(result(item, method), sep = ",")
    cat("\n")
  }
}
