"""Where the sample plays. Kraków, Globus Music Club and Noce KRK are the user's own; every
other venue is made up, and none has an owner, a guest or a photographer with a name."""

from __future__ import annotations

from venue_ops.demo.sample_rows import City, Country, Place, Provider

COUNTRIES = (
    Country(1, "Poland", "PL", "poland"),
    Country(2, "United Kingdom", "GB", "united-kingdom"),
    Country(3, "Canada", "CA", "canada"),
)

KRAKOW, WARSZAWA, LONDON_GB, LONDON_CA, GDANSK = 5, 6, 7, 8, 9

CITIES = (
    City(KRAKOW, "Kraków", "krakow", 1, 50.0614, 19.9366, ("Krakow", "Cracow", "Krakau")),
    City(WARSZAWA, "Warszawa", "warszawa", 1, 52.2297, 21.0122, ("Warsaw",)),
    City(LONDON_GB, "London", "london", 2, 51.5072, -0.1276),
    City(LONDON_CA, "London", "london", 3, 42.9849, -81.2453),
    City(GDANSK, "Gdańsk", "gdansk", 1, 54.3520, 18.6466, ("Gdansk", "Danzig")),
)

PROVIDERS = (
    Provider(1, "google_places", 2, images=1, cost_per_image=0.007),
    Provider(2, "foursquare", 5, images=2, cost_per_image=0.0),
    Provider(3, "here", 5, images=3, cost_per_image=0.0),
    Provider(4, "unsplash", 10, images=4, cost_per_image=0.0),
    Provider(5, "geoapify", 10, images=None),
    Provider(6, "mapbox", 10, images=None),
)


def _google(letters: str) -> dict[str, str]:
    return {"google_places": f"ChIJdemo{letters}"}


PIWNICA = Place(
    8,
    "Piwnica Pod Chmurą",
    "piwnica-pod-chmura",
    "ul. Sławkowska 91",
    KRAKOW,
    50.0653,
    19.9371,
    _google("Piwnica8"),
)
TEATR = Place(
    9, "Teatr Mgła", "teatr-mgla", "ul. Dietla 212", KRAKOW, 50.0541, 19.9402, _google("Teatr9")
)
GLOBUS = Place(
    10,
    "Globus Music Club",
    "globus-music-club",
    "ul. Długa 181",
    KRAKOW,
    50.0702,
    19.9363,
    _google("Globus10"),
)
KINO = Place(
    11,
    "Kino Półcień",
    "kino-polcien",
    "ul. Krowoderska 140",
    KRAKOW,
    50.0689,
    19.9310,
    _google("Kino11"),
)
BROWAR = Place(
    12,
    "Browar Sessions",
    "browar-sessions",
    "ul. Lubicz 177",
    KRAKOW,
    50.0648,
    19.9538,
    _google("Browar12"),
)
CAFE = Place(13, "Café Szeptem", "cafe-szeptem", "ul. Józefa 101", KRAKOW, 50.0508, 19.9466)
NOCE = Place(14, "Noce KRK", "noce-krk", "pl. Nowy 60", KRAKOW, 50.0515, 19.9449, _google("Noce14"))
GALERIA = Place(
    15,
    "Galeria Jasna",
    "galeria-jasna",
    "ul. Bracka 115",
    KRAKOW,
    50.0604,
    19.9350,
    _google("Galeria15"),
)
TRAMWAJ = Place(
    16, "Klub Tramwaj Nr 0", "klub-tramwaj-nr-0", "ul. Wawrzyńca 300", KRAKOW, 50.0496, 19.9502
)
ECHO = Place(17, "Dom Echa", "dom-echa", "ul. Kalwaryjska 400", KRAKOW, 50.0419, 19.9465)
GONE = Place(
    19, "Sala Zeszłoroczna", "sala-zeszloroczna", "ul. Zamknięta 500", KRAKOW, 50.0570, 19.9330
)

HALA = Place(
    21,
    "Hala Nad Wodą",
    "hala-nad-woda",
    "ul. Solec 511",
    WARSZAWA,
    52.2331,
    21.0338,
    {"foursquare": "4bdemo000000000000000021"},
)
NEON = Place(
    22,
    "Klub Neon 22",
    "klub-neon-22",
    "ul. Nowy Świat 522",
    WARSZAWA,
    52.2340,
    21.0187,
    _google("Neon22"),
)
SCENA = Place(
    23,
    "Scena Boczna",
    "scena-boczna",
    "ul. Ząbkowska 523",
    WARSZAWA,
    52.2521,
    21.0402,
    _google("Scena23"),
)
OGROD = Place(
    24,
    "Ogród Dźwięku",
    "ogrod-dzwieku",
    "al. Ujazdowskie 524",
    WARSZAWA,
    52.2255,
    21.0247,
    _google("Ogrod24"),
)
MUZEUM = Place(
    25,
    "Muzeum Nocnych Świateł",
    "muzeum-nocnych-swiatel",
    "ul. Mińska 525",
    WARSZAWA,
    52.2480,
    21.0610,
)

LANTERN = Place(
    31,
    "The Lantern Rooms",
    "the-lantern-rooms",
    "331 Old Kent Road",
    LONDON_GB,
    51.4855,
    -0.0726,
    _google("Lantern31"),
)
FOX = Place(
    32, "Copper Fox Theatre", "copper-fox-theatre", "932 Camden Road", LONDON_GB, 51.5490, -0.1290
)

FORK = Place(
    41,
    "Forks Hall",
    "forks-hall",
    "4141 Dundas Street",
    LONDON_CA,
    42.9840,
    -81.2480,
    {"foursquare": "4bdemo000000000000000041"},
)
MAPLE = Place(
    42, "Maple Stage", "maple-stage", "4242 Richmond Street", LONDON_CA, 42.9871, -81.2510
)

REGION = Place(51, "Małopolska", "malopolska", "", None, 49.8, 20.3, venue_type="region")
