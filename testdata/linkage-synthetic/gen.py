"""Makes persons.csv: households, twins, newborns without number, changed telephones, slips. Nobody in it exists.

python3 gen.py > persons.csv
"""
import csv, random, sys

rnd = random.Random(20261128)
FAMILIES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文".strip()
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华玉萍红春梅建国志文海波宁辉鹏飞云雪琴晶莹颖婷慧玲燕丹倩欣浩宇轩梓涵"
SOUNDS = {"伟": "玮", "静": "婧", "丽": "莉", "平": "萍", "英": "瑛", "华": "骅", "建": "健", "陈": "程", "刘": "柳", "张": "章"}
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def number(day, sex, area=None, serial=None):
    body = f"{area or rnd.randint(110000, 650000)}{day.replace('-', '')}{serial if serial is not None else rnd.randint(0, 99):02d}"
    body += str(rnd.randrange(0, 10, 2) + (sex == "男"))
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS)) % 11]


def day(low, high):
    return f"{rnd.randint(low, high)}-{rnd.randint(1, 12):02d}-{rnd.randint(1, 28):02d}"


def phone():
    return rnd.choice(["138", "139", "150", "186", "199"]) + "0000" + f"{rnd.randint(0, 9999):04d}"


def person(n, family=None, like=None, low=1935, high=2008):
    sex = rnd.choice("男女")
    birth = day(low, high)
    p = dict(person_id=f"P{n}", name=(family or rnd.choice(FAMILIES)) + "".join(rnd.choices(GIVEN, k=rnd.choice([1, 2, 2]))), dob=birth, sex=sex, id_number=number(birth, sex), phone=phone(),
             address=f"{rnd.choice('东西南北')}{rnd.choice(GIVEN)}{rnd.choice('路街巷')}{rnd.randint(1, 400)}号{rnd.randint(1, 30)}栋{rnd.randint(101, 2804)}室")
    if like:
        p["phone"], p["address"] = like["phone"], like["address"]
    return p


def swap(text):
    at = rnd.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2:]


def again(p):
    q = dict(p)
    for _ in range(rnd.choice([1, 1, 2])):
        slip = rnd.randrange(9)
        if slip == 0 and q["id_number"]:
            q["id_number"] = swap(q["id_number"])
        elif slip == 1 and q["phone"]:
            q["phone"] = swap(q["phone"])
        elif slip == 2:
            q["phone"] = phone()
        elif slip == 3:
            q["name"] = "".join(SOUNDS.get(c, c) for c in q["name"])
        elif slip == 4 and q["dob"]:
            y, m, d = q["dob"].split("-")
            q["dob"] = f"{y}-{d}-{m}" if int(d) <= 12 else f"{y}-{m}-{29 - int(d):02d}"
        elif slip == 5 and len(q["id_number"]) == 18:
            q["id_number"] = q["id_number"][:6] + q["id_number"][8:17]
        elif slip == 6:
            q["address"] = q["address"].replace("号", "").replace("栋", "-")
        else:
            q[rnd.choice(["id_number", "dob", "sex", "phone", "address"])] = ""
    return q


people = []
for n in range(700):
    p = person(n)
    people.append(p)
    if rnd.random() < 0.3:
        kind = rnd.choice(["relative", "relative", "twin", "newborn"])
        q = person(f"{n}{kind[0]}", p["name"][0], p, *((2023, 2026) if kind == "newborn" else ()))
        if kind == "twin":
            q["dob"], q["sex"] = p["dob"], p["sex"]
            q["id_number"] = number(p["dob"], p["sex"], p["id_number"][:6])
        if kind == "newborn":
            q["id_number"] = ""
        people.append(q)
records = [dict(p) for p in people] + [again(p) for p in people for _ in range(rnd.choice([0, 0, 0, 1, 1, 2]))]
rnd.shuffle(records)
out = csv.DictWriter(sys.stdout, ["record_id", "person_id", "name", "id_number", "dob", "sex", "phone", "address"], lineterminator="\n")
out.writeheader()
for at, record in enumerate(records):
    out.writerow({"record_id": f"R{at}", **record})
