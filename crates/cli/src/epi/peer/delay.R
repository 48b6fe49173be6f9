# The delay fit of the R package coarseDataTools on input.csv, gamma with 100 bootstraps: version, CPU seconds, numbers, mean.
suppressMessages(library(coarseDataTools))
d <- read.csv("input.csv")
d <- data.frame(EL = d$EL, ER = d$ER, SL = d$SL, SR = d$SR, type = 0)
set.seed(1)
start <- proc.time()
# It tells how far it is on standard output.
said <- capture.output(f <- suppressWarnings(suppressMessages(dic.fit(d, dist = "G", n.boots = 100))))
used <- sum((proc.time() - start)[1:2])
cat("coarseDataTools ", as.character(packageVersion("coarseDataTools")), "\t", used, "\t1\t",
  format(f@ests[1, 1] * f@ests[2, 1], digits = 15), "\n", sep = "")
