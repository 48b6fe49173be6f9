# The reproduction number of the R package EpiEstim when the serial interval is uncertain: version, CPU seconds, numbers, sum.
suppressMessages(library(EpiEstim))
d <- read.csv("input.csv")
config <- make_config(list(mean_si = 2.6, std_mean_si = 1, min_mean_si = 1, max_mean_si = 4.2,
  std_si = 1.5, std_std_si = 0.5, min_std_si = 0.5, max_std_si = 2.5, n1 = 1000, n2 = 200, seed = 1))
start <- proc.time()
r <- suppressWarnings(suppressMessages(estimate_R(data.frame(I = d$local), method = "uncertain_si", config = config)$R[["Mean(R)"]]))
used <- sum((proc.time() - start)[1:2])
r <- r[is.finite(r)]
cat("EpiEstim ", as.character(packageVersion("EpiEstim")), "\t", used, "\t", length(r), "\t", format(sum(r), digits = 15), "\n", sep = "")
