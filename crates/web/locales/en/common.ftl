product = Fangxian
skip = Skip to content
menu = Menu
menu-close = Close
other-language = 中文
made-at = Data as of
menu-desk = On duty
menu-in = Coming in
menu-work = Assess and act
menu-reference = Areas and rules
menu-admin = Administration
keys-title = Keyboard shortcuts
keys-walk = Walk up and down a list
keys-open = Open the chosen row
keys-search = Go to the search box
form-again = Please check and send again
form-optional = (optional)
problem-title = That did not work
problem-home = Back to the first page
problem-number = If you need help, tell the administrator this number:
site-nowhere = No such page
time-now = just now
time-ago = { $span } ago
time-left = { $span } left
time-help-since = needs help (since { $span })
time-minutes = { $count } min
time-hours = { $count } h
time-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
none = none
unknown = not known
yes = yes
no = no
open = Open
filter-apply = Filter
all = All
page-of = Page { $page } of { $pages }
page-before = Previous
page-after = Next
total-over = more than { $count } entries
total = { $count ->
    [one] { $count } entry
   *[other] { $count } entries
}
destroyed = destroyed as the law asks
no-name = (no name given)
version-note = What you see is one version; if somebody changes it first you are asked to look again.
