"""Version 1 has ended: importing it says where to go."""

raise ImportError(
    'wifi-densepose 1 has ended. pip install "wifi-densepose>=2", which is another library: '
    "https://github.com/ruvnet/RuView/blob/main/docs/python.md#from-1x"
)
