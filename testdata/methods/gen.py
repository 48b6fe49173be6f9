"""Makes the tables of the examples in docs/methods. Nobody in them exists.

python3 gen.py FOLDER
"""
import csv, datetime, math, random, sys

rnd = random.Random(20261128)


def poisson(mean):
    limit, n, product = math.exp(-mean), 0, rnd.random()
    while product > limit:
        n, product = n + 1, product * rnd.random()
    return n


def write(name, header, rows):
    with open(f"{sys.argv[1]}/{name}", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


# Five years of weeks with a season; cases double in the last four.
level = lambda t: 9 + 6 * math.cos(2 * math.pi * t / 52)
weeks = [poisson(level(t) * (2 if t > 256 else 1)) for t in range(1, 261)]
write("weeks.csv", ["t", "observed"], [(t + 1, n) for t, n in enumerate(weeks)])

# Seventy days: each case infects 1.6 others, from day 41 on 0.7; an interval of about four days.
interval = [0, 0.10, 0.20, 0.24, 0.20, 0.14, 0.08, 0.04]
days = [3, 2, 4, 3, 5]
while len(days) < 70:
    past = sum(w * n for w, n in zip(interval[1:], reversed(days)))
    days.append(poisson((1.6 if len(days) < 40 else 0.7) * past))
write("days.csv", ["t", "observed", "local", "incidence"], [(t + 1, n, n, n) for t, n in enumerate(days)])
write("interval.csv", ["k", "w"], list(enumerate(interval)))

# One in fifty of them dies, on average twelve days later.
deaths = [0] * 70
for day, n in enumerate(days):
    for _ in range(n):
        later = day + round(rnd.gammavariate(4, 3))
        if rnd.random() < 0.02 and later < 70:
            deaths[later] += 1
first = datetime.date(2027, 3, 1)
date = lambda day: (first + datetime.timedelta(day)).isoformat()
write("deaths.csv", ["date", "cases", "deaths"], [(date(d), days[d], deaths[d]) for d in range(70)])

# A canteen: who ate the cold dish, in which class, and who fell ill.
meal = []
for person in range(1, 161):
    cold = rnd.random() < 0.55
    ill = rnd.random() < (0.5 if cold else 0.12)
    meal.append((person, 1 + person % 4, "Y" if cold else "N", "Y" if ill else "N"))
write("meal.csv", ["id", "class", "cold_dish", "ill"], meal)

# A town of eight kilometres with two dense quarters, one of them late.
town = []
for case in range(1, 81):
    if case <= 40:
        x, y, day = rnd.uniform(0, 8), rnd.uniform(0, 8), rnd.randrange(60)
    elif case <= 60:
        x, y, day = rnd.gauss(2, 0.3), rnd.gauss(2, 0.3), rnd.randrange(60)
    else:
        x, y, day = rnd.gauss(6, 0.3), rnd.gauss(5, 0.3), rnd.randrange(48, 60)
    onset, stay = day, 1 + round(rnd.gammavariate(3, 2.5))
    town.append((case, date(onset), day, round(x, 3), round(y, 3), round(30 + y / 111.2, 5),
                 round(120 + x / 96.3, 5), date(onset + 2), date(onset + 2 + stay)))
write("town.csv", ["id", "onset", "time", "x", "y", "latitude", "longitude", "admitted", "discharged"], town)
