"""Writes the Parquet files of these tests with the programs that write them in practice.

    pip install pyarrow==26.0.1 pandas==3.1.1 polars==2.1.0 duckdb==2.0.1 fastparquet==2026.9.0 pyspark==3.5.9
    python write-files.py pyarrow types refused pandas3 polars duckdb fastparquet spark3
    pip install 'pandas<3' && python write-files.py pandas2
    pip install pyspark==4.3.0 && python write-files.py spark4

Every file has the rows of `expected-rows.ts`, apart from those of `types` and `refused`.
"""
import datetime, decimal, glob, os, shutil, sys, tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'files')
NAMES = ['orig_code', 'dest_code', 'day', 'price']


def path(name):
    return os.path.join(HERE, name + '.parquet')


def exact(cents):
    return decimal.Decimal(cents) / 100


def midnight(day):
    return datetime.datetime(day.year, day.month, day.day)


def columns(count, day=lambda day: day, price=lambda cents: cents / 100):
    result = {name: [] for name in NAMES}
    for i in range(count):
        result['orig_code'].append(['CNGGZ', 'CNSHA', 'SGSIN'][i % 3])
        result['dest_code'].append(['EETLL', 'NLRTM'][i % 2])
        result['day'].append(day(datetime.date(2026, 1, 1) + datetime.timedelta(days=i % 90)))
        result['price'].append(price(10000 + i * 7919 % 900000))
    return result


def pyarrow():
    import pyarrow as pa, pyarrow.parquet as pq

    def write(name, count=60, day=pa.date32(), price=pa.float64(), text=pa.string(), nullable=True, nulls=False, **options):
        is_time, is_exact = pa.types.is_timestamp(day), pa.types.is_decimal(price)
        data = columns(count, midnight if is_time else lambda d: d, exact if is_exact else lambda c: c / 100)
        if nulls:
            data = {key: [None if i % 7 == at else value for i, value in enumerate(values)] for at, (key, values) in enumerate(data.items())}
        schema = pa.schema([pa.field(key, type, nullable) for key, type in zip(NAMES, [text, text, day, price])])
        pq.write_table(pa.table(data, schema), path('pyarrow-' + name), **options)

    small = {'data_page_size': 1000, 'write_batch_size': 100}
    encoded = {'orig_code': 'DELTA_LENGTH_BYTE_ARRAY', 'dest_code': 'DELTA_BYTE_ARRAY', 'day': 'DELTA_BINARY_PACKED', 'price': 'BYTE_STREAM_SPLIT'}
    for codec in ['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd']:
        write(codec, compression=codec)
    write('required', nullable=False)
    write('groups', 600, row_group_size=170, data_page_size=200, write_batch_size=16)
    # The dictionary is full after some pages. The rest of the column is PLAIN.
    write('fallback', 600, dictionary_pagesize_limit=300, **small)
    write('checksum', 60, write_page_checksum=True)
    for version in ['1', '2']:
        options = {'data_page_version': version + '.0', 'compression': 'zstd', **small}
        write('dictionary-' + version, 600, **options)
        write('plain-' + version, 600, use_dictionary=False, **options)
        write('encoded-' + version, 600, use_dictionary=False, column_encoding=encoded, **options)
        write('nulls-' + version, 600, nulls=True, **options)
        write('encoded-nulls-' + version, 600, nulls=True, use_dictionary=False, column_encoding=encoded, **options)
    for unit in ['ms', 'us', 'ns']:
        write('timestamp-' + unit, day=pa.timestamp(unit))
        write('timestamp-utc-' + unit, 600, day=pa.timestamp(unit, 'UTC'), use_dictionary=False, column_encoding={'day': 'DELTA_BINARY_PACKED'}, **small)
    write('int96', day=pa.timestamp('ns'), use_deprecated_int96_timestamps=True)
    for name, price in {'32': pa.decimal128(9, 2), '64': pa.decimal128(18, 2), '128': pa.decimal128(38, 2), '256': pa.decimal256(76, 2)}.items():
        write('decimal-' + name, price=price, store_decimal_as_integer=name in ['32', '64'])
    write('decimal-fixed', 600, price=pa.decimal128(12, 2), use_dictionary=False, column_encoding={'price': 'DELTA_BYTE_ARRAY'}, **small)
    write('decimal-split', 600, price=pa.decimal128(12, 2), use_dictionary=False, column_encoding={'price': 'BYTE_STREAM_SPLIT'}, **small)
    write('decimal-delta', 600, price=pa.decimal128(12, 2), store_decimal_as_integer=True, use_dictionary=False,
          column_encoding={'price': 'DELTA_BINARY_PACKED'}, **small)
    write('decimal-scale-4', price=pa.decimal128(12, 4))
    write('decimal-scale-20', price=pa.decimal128(30, 20))
    write('float', price=pa.float32())
    write('binary', text=pa.binary())
    write('large', text=pa.large_string())
    write('dictionary-type', text=pa.dictionary(pa.int32(), pa.string()))


def types():
    """One column for each type, with values that are not read as they are."""
    import pyarrow as pa, pyarrow.parquet as pq
    D, dt = decimal.Decimal, datetime.datetime
    utc = datetime.timezone.utc
    data = {
        'day_ms': pa.array([dt(2026, 1, 2), dt(2026, 1, 2, 13, 45)], pa.timestamp('ms')),
        'day_us': pa.array([dt(1969, 12, 31), dt(1969, 12, 31, 0, 0, 0, 1)], pa.timestamp('us')),
        'day_ns': pa.array([1767312000000000000, 1767312000000000001], pa.timestamp('ns')),
        'day_zone': pa.array([dt(2026, 1, 2, tzinfo=utc), dt(2026, 1, 1, 23, tzinfo=utc)], pa.timestamp('us', 'Europe/Tallinn')),
        'far_day': pa.array([2932896, 2932897], pa.date32()),
        'old_day': pa.array([-719162, -719163], pa.date32()),
        'double': pa.array([1180.4999999999998, float('nan')], pa.float64()),
        'infinite': pa.array([float('inf'), float('-inf')], pa.float64()),
        'float': pa.array([1154.1, 1154.105], pa.float32()),
        'large_float': pa.array([131071.99, 600000.0], pa.float32()),
        'float_nan': pa.array([float('nan'), float('inf')], pa.float32()),
        'int8': pa.array([-128, 127], pa.int8()),
        'uint32': pa.array([0, 4294967295], pa.uint32()),
        'int64': pa.array([9007199254740991, -9007199254740993], pa.int64()),
        'uint64': pa.array([1, 18446744073709551615], pa.uint64()),
        'decimal': pa.array([D('1154.10'), D('-0.01')], pa.decimal128(12, 2)),
        'decimal_0': pa.array([D('1154'), D('0')], pa.decimal128(9, 0)),
        'decimal_1': pa.array([D('1154.1'), D('-1.5')], pa.decimal128(9, 1)),
        'decimal_4': pa.array([D('1154.1000'), D('1154.1001')], pa.decimal128(12, 4)),
        'decimal_20': pa.array([D('1154.1'), D('-0.00000000000000000001')], pa.decimal128(38, 20)),
        'decimal_38': pa.array([D('99999999999999.99'), D('999999999999999999999999999999999999.99')], pa.decimal128(38, 2)),
        'text': pa.array([' CNGGZ ', 'Größe €'], pa.string()),
        'binary': pa.array([b'CNGGZ', b'\xff\xfe'], pa.binary()),
        'nothing': pa.array([None, None], pa.null()),
    }
    pq.write_table(pa.table(data), path('types'))
    pq.write_table(pa.table({'day': pa.array([dt(2026, 1, 2), dt(2026, 1, 2, 1)], pa.timestamp('ns'))}), path('types-int96'), use_deprecated_int96_timestamps=True)
    others = {
        'flag': pa.array([True, False]), 'time': pa.array([datetime.time(1), datetime.time(2)], pa.time64('us')),
        'half': pa.array([1.5, 2.5], pa.float16()), 'id': pa.array([bytes(16), bytes(16)], pa.uuid()), 'price': pa.array([1.5, 2.5]),
    }
    pq.write_table(pa.table(others), path('types-others'))


def refused():
    import pyarrow as pa, pyarrow.parquet as pq, pyarrow.parquet.encryption as pe
    data = columns(3)
    pq.write_table(pa.table({**data, 'fees': [[1, 2], [], None]}), path('nested-list'))
    pq.write_table(pa.table({**data, 'fees': [{'thc': 1}, {'thc': 2}, None]}), path('nested-struct'))
    pq.write_table(pa.table(data).slice(0, 0), path('no-rows'))
    pq.write_metadata(pa.table(data).schema, path('metadata-alone'))
    # A page of some hundred bytes whose values have 10,000 bytes each.
    pq.write_table(pa.table({'a': ['A' * 10_000] * 1_000}), path('long-prefixes'), use_dictionary=False, column_encoding={'a': 'DELTA_BYTE_ARRAY'},
                   compression='zstd', write_statistics=False)

    class Keys(pe.KmsClient):
        def wrap_key(self, key, master):
            return key.hex()

        def unwrap_key(self, key, master):
            return bytes.fromhex(key)

    factory = pe.CryptoFactory(lambda configuration: Keys())
    for name, plain in {'encrypted': False, 'encrypted-columns': True}.items():
        keys = pe.EncryptionConfiguration(footer_key='footer', column_keys={'column': ['price']}, plaintext_footer=plain, data_key_length_bits=128)
        options = factory.file_encryption_properties(pe.KmsConnectionConfig(), keys)
        with pq.ParquetWriter(path(name), pa.table(data).schema, encryption_properties=options) as writer:
            writer.write_table(pa.table(data))


def pandas(name):
    import pandas as pd
    frame = pd.DataFrame(columns(60))
    frame.to_parquet(path(name + '-date'))
    frame.assign(day=pd.to_datetime(frame.day)).to_parquet(path(name + '-datetime'))
    frame.assign(day=pd.to_datetime(frame.day).dt.tz_localize('UTC'), price=frame.price.astype('float32')).to_parquet(path(name + '-utc-float32'))
    frame.assign(price=columns(60, price=exact)['price']).to_parquet(path(name + '-decimal'))
    frame.assign(orig_code=frame.orig_code.astype('category'), dest_code=frame.dest_code.astype('category')).to_parquet(path(name + '-category'))
    # A frame with another index than 0, 1, 2, … has it as the column __index_level_0__.
    frame.set_index(pd.Index(range(100, 160))[::-1]).to_parquet(path(name + '-index'))
    frame.to_parquet(path(name + '-gzip'), compression='gzip')


def polars():
    import polars as pl
    frame = pl.DataFrame(columns(600), schema={'orig_code': pl.String, 'dest_code': pl.String, 'day': pl.Date, 'price': pl.Float64})
    frame.write_parquet(path('polars'))
    frame.with_columns(pl.col('day').cast(pl.Datetime('us'))).write_parquet(path('polars-datetime'), row_group_size=200)
    frame.with_columns(pl.col('price').cast(pl.Decimal(12, 2))).write_parquet(path('polars-decimal'))
    frame.with_columns(pl.col('orig_code', 'dest_code').cast(pl.Categorical)).write_parquet(path('polars-categorical'), compression='snappy')
    frame.write_parquet(path('polars-lz4'), compression='lz4')


def duckdb():
    import duckdb
    sql = '''select ['CNGGZ', 'CNSHA', 'SGSIN'][i % 3 + 1] as orig_code, ['EETLL', 'NLRTM'][i % 2 + 1] as dest_code,
      (date '2026-01-01' + (i % 90)::int)::date as day, ((10000 + i * 7919 % 900000)::decimal(12, 2) / 100)::decimal(10, 2) as price from range(600) t(i)'''
    copy = lambda name, sql, options='': duckdb.sql(f"copy ({sql}) to '{path(name)}' (format parquet{options})")
    copy('duckdb', sql)
    copy('duckdb-v2', sql, ', parquet_version v2')
    copy('duckdb-zstd', f'select * replace (price::double as price, day::timestamp as day) from ({sql})', ', compression zstd, row_group_size 2048')
    copy('duckdb-huge', f'select * replace (price::decimal(38, 2) as price, day::timestamptz as day) from ({sql})', ', parquet_version v2, compression lz4_raw')


def fastparquet():
    import pandas as pd, fastparquet as fp
    frame = pd.DataFrame(columns(60))
    frame = frame.assign(day=pd.to_datetime(frame.day).astype('datetime64[ns]'), orig_code=frame.orig_code.astype(object), dest_code=frame.dest_code.astype(object))
    fp.write(path('fastparquet'), frame)
    fp.write(path('fastparquet-int96'), frame, times='int96', compression='GZIP')


def spark(name):
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import col
    session = SparkSession.builder.master('local[1]').config('spark.sql.session.timeZone', 'UTC').config('spark.ui.enabled', 'false').getOrCreate()
    data = columns(60, price=exact)
    frame = session.createDataFrame(list(zip(*data.values())), 'orig_code string, dest_code string, day date, price decimal(12, 2)').coalesce(1)

    def write(file, frame, **options):
        with tempfile.TemporaryDirectory() as folder:
            frame.write.options(**options).parquet(folder + '/out')
            shutil.copyfile(glob.glob(folder + '/out/*.parquet')[0], path(file))

    write(name, frame)
    write(name + '-timestamp', frame.withColumn('day', col('day').cast('timestamp')).withColumn('price', col('price').cast('double')))
    session.conf.set('spark.sql.parquet.outputTimestampType', 'TIMESTAMP_MICROS')
    session.conf.set('spark.sql.parquet.writeLegacyFormat', 'true')
    write(name + '-legacy', frame.withColumn('day', col('day').cast('timestamp')), compression='gzip')


groups = {
    'pyarrow': pyarrow, 'types': types, 'refused': refused, 'pandas2': lambda: pandas('pandas2'), 'pandas3': lambda: pandas('pandas3'), 'polars': polars,
    'duckdb': duckdb, 'fastparquet': fastparquet, 'spark3': lambda: spark('spark3'), 'spark4': lambda: spark('spark4'),
}
os.makedirs(HERE, exist_ok=True)
for group in sys.argv[1:]:
    groups[group]()
