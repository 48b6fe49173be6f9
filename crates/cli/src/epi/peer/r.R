# The reproduction number of the R package EpiEstim on every series of input.csv: version, CPU seconds, numbers, sum.
suppressMessages(library(EpiEstim))
d <- split(read.csv("input.csv"), ~ call)
config <- make_config(list(mean_si = 4.7, std_si = 2.9))
start <- proc.time()
r <- unlist(lapply(d, function(x) suppressWarnings(suppressMessages(
  estimate_R(data.frame(I = x$local), method = "parametric_si", config = config)$R[["Mean(R)"]]))))
used <- sum((proc.time() - start)[1:2])
r <- r[is.finite(r)]
cat("EpiEstim ", as.character(packageVersion("EpiEstim")), "\t", used, "\t", length(r), "\t", format(sum(r), digits = 15), "\n", sep = "")
