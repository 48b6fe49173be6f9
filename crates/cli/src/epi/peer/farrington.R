# The improved Farrington method of the R package surveillance on input.csv: version, CPU seconds, numbers, sum.
suppressMessages(library(surveillance))
d <- read.csv("input.csv")
m <- matrix(0, max(d$t), max(d$series))
m[cbind(d$t, d$series)] <- d$observed
s <- sts(observed = m, start = c(2001, 1), frequency = 52)
control <- list(range = 365:416, b = 4, w = 3, weightsThreshold = 2.58, pastWeeksNotIncluded = 26,
  pThresholdTrend = 1, trend = TRUE, thresholdMethod = "delta", alpha = 0.01, noPeriods = 10, glmWarnings = FALSE)
start <- proc.time()
u <- upperbound(suppressWarnings(farringtonFlexible(s, control)))
used <- sum((proc.time() - start)[1:2])
cat("surveillance ", as.character(packageVersion("surveillance")), "\t", used, "\t", sum(is.finite(u)), "\t",
  format(sum(u[is.finite(u)]), digits = 15), "\n", sep = "")
