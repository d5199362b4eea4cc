"""Answers as appliances of several releases write them: shapes of the vendor's, made-up contents.

Release 1 has namespaces, an order of its own, and no facts that came later; 3.2 writes everything
sorted and numbers versions; 5 and 6 have version ids. What a release leaves out is left out here.
"""

SERVICE_1 = b"""<?xml version="1.0" encoding="UTF-8"?>
<ListAllMyBucketsResult xmlns="http://doc.s3.amazonaws.com/2006-03-01"><Owner><ID>ryan</ID>
<DisplayName>ryan</DisplayName></Owner><Buckets><Bucket><Name>testBucket2</Name>
<CreationDate>2013-12-11T23:20:09</CreationDate></Bucket><Bucket><Name>bulkTest</Name>
<CreationDate>2013-12-11T23:20:09.25</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>"""

LISTING_1 = b"""<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>remoteTest16</Name><Prefix/>
<Marker></Marker><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents>
<Key>user/hduser/gutenberg/20417.txt.utf-8</Key><LastModified>2014-01-03T13:26:47.000Z</LastModified>
<ETag>"8B19F3F41868106382A677C3435BDCE5"</ETag><Size>674570</Size><StorageClass>STANDARD</StorageClass>
<Owner><ID>ryan</ID><DisplayName>ryan</DisplayName></Owner></Contents><Contents>
<Key>user/hduser/big.mov</Key><LastModified>2014-01-03T13:26:47.000Z</LastModified>
<ETag>"7f7d0f1f4b-6"</ETag><Size>9007199254740993</Size><StorageClass>DEEP</StorageClass></Contents>
</ListBucketResult>"""

JOB_1 = b"""<MasterObjectList xmlns="http://s3.amazonaws.com/doc/2006-03-01/"
JobId="1a85e743-ec8f-4789-afec-97e587a26936" BucketName="lib" Priority="NORMAL" RequestType="GET"
StartDate="2014-07-01T20:12:52.000Z"><Nodes><Node EndPoint="10.1.18.12" HttpPort="80"
HttpsPort="443" Id="a02053b9-0147-11e4-8d6a-002590c1177c"/></Nodes><Objects ChunkId="f58370c2"
ChunkNumber="0" NodeId="a02053b9-0147-11e4-8d6a-002590c1177c"><Object Name="file1" Length="256"
Offset="0"/><Object Length="1202" Offset="256" Name="file2 &amp; &#233;"/>
</Objects></MasterObjectList>"""

LISTING_3_2 = (
    b"<ListBucketResult><CommonPrefixes><Prefix>movies/</Prefix></CommonPrefixes><Contents>"
    b"<ETag>3d1bc5d88e795c5b23da7f812c073870</ETag><Key>music.mp3</Key>"
    b"<LastModified>2016-05-03T10:16:10.000Z</LastModified><Owner><DisplayName>jason</DisplayName>"
    b"<ID>5df00f88-d5b2-11e5-ab30-625662870761</ID></Owner><Size>10634</Size><StorageClass/>"
    b"</Contents><Contents><ETag/><Key>arriving.mp3</Key><LastModified/><Owner>"
    b"<DisplayName>jason</DisplayName><ID>5df00f88-d5b2-11e5-ab30-625662870761</ID></Owner>"
    b"<Size>0</Size><StorageClass/></Contents><CreationDate>2016-05-03T10:15:42.000Z</CreationDate>"
    b"<Delimiter>/</Delimiter><IsTruncated>true</IsTruncated><Marker/><MaxKeys>2</MaxKeys>"
    b"<Name>coll</Name><NextMarker>music.mp3</NextMarker><Prefix/></ListBucketResult>"
)

JOB_3_2 = (
    b'<MasterObjectList Aggregating="false" BucketName="coll" CachedSizeInBytes="0"'
    b' ChunkClientProcessingOrderGuarantee="IN_ORDER" CompletedSizeInBytes="0"'
    b' EntirelyInCache="false" JobId="95dcda9b-26d2-4b95-87e2-36ac217d7230" Naked="false"'
    b' Name="Untitled" OriginalSizeInBytes="20971530" Priority="NORMAL" RequestType="PUT"'
    b' StartDate="2016-05-03T10:20:00.000Z" Status="IN_PROGRESS"'
    b' UserId="1dc9953a-c778-4cdd-b217-2a6b325cde5e" UserName="spectra"><Nodes>'
    b'<Node EndPoint="FAILED_TO_DETERMINE_DATAPATH_IP_ADDRESS" HttpsPort="443" Id="782ee70f"/>'
    b'</Nodes><Objects ChunkId="33a7ed12" ChunkNumber="1"><Object Id="eee15242" InCache="false"'
    b' Latest="true" Length="10485760" Name="big.mov" Offset="0" Version="1"/></Objects>'
    b'<Objects ChunkId="44b7ed12" ChunkNumber="2" NodeId="782ee70f"/></MasterObjectList>'
)

ACTIVE_JOBS_5_8 = (
    b"<Data><Job><Aggregating>false</Aggregating><BucketId>c5ed6a28</BucketId>"
    b"<CachedSizeInBytes>1048576</CachedSizeInBytes><CompletedSizeInBytes>0</CompletedSizeInBytes>"
    b"<CreatedAt>2026-03-02T10:20:00.000Z</CreatedAt><ErrorMessage/><Id>95dcda9b</Id>"
    b"<Naked>false</Naked><Name>Untitled</Name><OriginalSizeInBytes>20971530</OriginalSizeInBytes>"
    b"<Priority>NORMAL</Priority><Rechunked/><RequestType>PUT</RequestType><Restore>NO</Restore>"
    b"<Truncated>false</Truncated><TruncatedDueToTimeout>false</TruncatedDueToTimeout>"
    b"<UserId>1dc9953a</UserId></Job></Data>"
)

ACTIVE_JOBS_6_0 = ACTIVE_JOBS_5_8.replace(
    b"<Restore>NO</Restore>", b"<IomType>PERMANENT_ONLY</IomType><Novelty><Deep/></Novelty>"
).replace(b"<Priority>NORMAL", b"<Priority>WHENEVER")

TAPES_6_0 = (
    b"<Data><Tape><AllowRollback>true</AllowRollback>"
    b"<AssignedToStorageDomain>true</AssignedToStorageDomain>"
    b"<AvailableRawCapacity>2408082046976</AvailableRawCapacity><BarCode>101000L6</BarCode>"
    b"<BucketId/><CharacterizationVer>3</CharacterizationVer><EjectDate/><FullOfData>FALSE"
    b"</FullOfData><Id>c7c431df</Id><LastAccessed>2026-02-04T06:53:08.236Z</LastAccessed>"
    b"<State>eject_from_ee_pending</State><TotalRawCapacity>2408088338432</TotalRawCapacity>"
    b"<Type>LTO10P</Type><WriteProtected>true</WriteProtected></Tape></Data>"
)

SYSTEM_3_2 = (
    b"<Data><ApiVersion>518B3F2A95B71AC7325DFB12B2937376</ApiVersion><BuildInformation>"
    b"<Branch>//BlueStorm/Frozen/1.1.1</Branch><Revision>1154042</Revision>"
    b"<Version>3.2.2.5</Version></BuildInformation><SerialNumber>5003048001dbd7b3</SerialNumber>"
    b"</Data>"
)

SYSTEM_UNKNOWN = (
    b"<Data><ApiVersion/><BuildInformation/><Now/><SerialNumber>UNKNOWN</SerialNumber></Data>"
)

ERROR_5_8 = (
    b"<Error><Code>NotFound</Code><HttpErrorCode>404</HttpErrorCode><Message>interface"
    b" com.example.Bucket not found via identifier / bean property value 'nope'.</Message>"
    b"<Resource>/_rest_/bucket/nope</Resource><ResourceId>578</ResourceId></Error>"
)
