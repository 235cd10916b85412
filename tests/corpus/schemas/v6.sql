BEGIN TRANSACTION;
CREATE TABLE answers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            question TEXT NOT NULL,
            wrote TEXT NOT NULL,
            asked INTEGER NOT NULL,
            since INTEGER,
            until INTEGER,
            sources TEXT NOT NULL,
            size INTEGER NOT NULL,
            answered INTEGER NOT NULL,
            quotes TEXT NOT NULL,
            headlines TEXT NOT NULL,
            generation INTEGER NOT NULL,
            given REAL NOT NULL,
            asker INTEGER,
            guild INTEGER,
            channel INTEGER,
            private INTEGER NOT NULL,
            up INTEGER NOT NULL DEFAULT 0,
            down INTEGER NOT NULL DEFAULT 0
        , articles TEXT NOT NULL DEFAULT '[]');
INSERT INTO "answers" VALUES(1,'What did the repair cost?','',739922,NULL,NULL,'[]',3,1,'[{"paragraph": 6, "start": 0, "end": 10, "score": 0.9, "url": "https://lantern.example.com/dam", "sentence": "The repair", "also_in": []}]','[]',4,1793620800.0,1,7,2,0,0,0,'[4]');
CREATE TABLE articles (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            url TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            source TEXT NOT NULL,
            authors TEXT NOT NULL,
            published TEXT,
            day INTEGER,
            section TEXT NOT NULL,
            language TEXT NOT NULL,
            content_hash BLOB NOT NULL,
            generation INTEGER NOT NULL
        , key TEXT NOT NULL DEFAULT '');
INSERT INTO "articles" VALUES(1,'https://courier.example.com/ferry','Ferry to Ostrava Quay sails again','The Courier','["Ana Lum"]','2026-09-14',739873,'','en',X'95C34C393F0BC6BF3FFDC65D96E2FA13DB19E3954495D7D6C84B4774CA5C9015',2,'courier.example.com/ferry');
INSERT INTO "articles" VALUES(2,'https://lantern.example.com/dam','Dam at Hollin repaired','The Lantern','[]','2026-10-02',739891,'','',X'0E2FB851F61093CC3AFAF8AE238E1A202567394FE543B71DF35E3B541AA2F0B7',7,'lantern.example.com/dam');
INSERT INTO "articles" VALUES(4,'https://radio.example.com/mill','Storm at Varn','Radio Orvenmark','[]','2026-11-01',739921,'','',X'A758A935D15C9D5D405A3D088E97708A3EB02752622A61C33EC9082E1EDA5FA2',12,'radio.example.com/mill');
INSERT INTO "articles" VALUES(5,'https://courier.example.com/bridge','The bridge is open','The Courier','[]','2026-09-14',739873,'','',X'0ACB2CA71F9DEA06C0897D62F0D5372CA081F8E91CA962A6387A19F9FABF27F8',17,'courier.example.com/bridge');
CREATE TABLE bands (
            article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
            band INTEGER NOT NULL,
            piece BLOB NOT NULL,
            PRIMARY KEY (article, band)
        ) WITHOUT ROWID;
CREATE TABLE entries (
            id INTEGER PRIMARY KEY,
            feed INTEGER REFERENCES feeds ON DELETE CASCADE,
            guid TEXT NOT NULL,
            url TEXT NOT NULL,
            key TEXT NOT NULL,
            title TEXT NOT NULL,
            fingerprint BLOB NOT NULL,
            content BLOB NOT NULL,
            article INTEGER REFERENCES articles ON DELETE SET NULL,
            state TEXT NOT NULL,
            reason TEXT NOT NULL,
            tries INTEGER NOT NULL,
            due REAL NOT NULL,
            paged INTEGER NOT NULL,
            first_seen REAL NOT NULL
        );
INSERT INTO "entries" VALUES(1,1,'mill-1','https://radio.example.com/mill','radio.example.com/mill','Storm at Varn',X'0101010101010101',X'5468652073746F726D20746F6F6B2074686520726F6F66206F666620746865206F6C64206D696C6C2E',4,'stored','',0,1793534400.0,0,1793534400.0);
CREATE TABLE feeds (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            url TEXT NOT NULL,
            key TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            site TEXT NOT NULL,
            ttl INTEGER,
            take INTEGER NOT NULL,
            health TEXT NOT NULL,
            due REAL NOT NULL,
            failures INTEGER NOT NULL,
            reason TEXT NOT NULL,
            last_success REAL,
            etag TEXT NOT NULL,
            last_modified TEXT NOT NULL,
            added REAL NOT NULL
        );
INSERT INTO "feeds" VALUES(1,'https://radio.example.com/feed','radio.example.com/feed','Radio Orvenmark','',NULL,-1,'active',1793534400.0,0,'',NULL,'','',1793534400.0);
CREATE TABLE files (
            path TEXT PRIMARY KEY,
            digest BLOB NOT NULL
        ) WITHOUT ROWID;
INSERT INTO "files" VALUES('/news/bridge.jsonl',X'A76FED6BDDC3BB6DA855741C698A4290AF5C9C18D4AB1D706FC9C2E50DA818BF0001');
INSERT INTO "files" VALUES('/news/wire.jsonl',X'6DD0A992C492C4A55681399AF572D112DAAA48A56574F3DCE7EC6280158B74DC0001');
CREATE TABLE meta (
            key TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) WITHOUT ROWID;
INSERT INTO "meta" VALUES('generation',20);
INSERT INTO "meta" VALUES('identity',3957237401901921114);
INSERT INTO "meta" VALUES('model',1);
INSERT INTO "meta" VALUES('run',4);
CREATE TABLE models (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            dimension INTEGER NOT NULL,
            preparation TEXT NOT NULL, encoded INTEGER NOT NULL DEFAULT 0,
            UNIQUE (fingerprint, preparation)
        );
INSERT INTO "models" VALUES(1,'hashing','hashing',64,'title. text',19);
CREATE TABLE origins (
            article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
            file TEXT NOT NULL,
            run INTEGER NOT NULL,
            PRIMARY KEY (article, file)
        ) WITHOUT ROWID;
INSERT INTO "origins" VALUES(1,'/news/wire.jsonl',2);
INSERT INTO "origins" VALUES(2,'/news/wire.jsonl',2);
INSERT INTO "origins" VALUES(4,'feed:1',0);
INSERT INTO "origins" VALUES(5,'/news/bridge.jsonl',4);
CREATE TABLE paragraphs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
            position INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL
        );
INSERT INTO "paragraphs" VALUES(1,1,-1,'title','Ferry to Ostrava Quay sails again');
INSERT INTO "paragraphs" VALUES(2,1,0,'body','The ferry to Ostrava Quay sailed at noon.');
INSERT INTO "paragraphs" VALUES(3,1,1,'body','Twelve passengers were on board, said captain Lum.');
INSERT INTO "paragraphs" VALUES(4,2,-1,'title','Dam at Hollin repaired');
INSERT INTO "paragraphs" VALUES(5,2,0,'body','Engineers sealed the crack in the Hollin dam.');
INSERT INTO "paragraphs" VALUES(9,2,1,'body','The repair cost 4.2 million crowns.');
INSERT INTO "paragraphs" VALUES(10,4,-1,'title','Storm at Varn');
INSERT INTO "paragraphs" VALUES(12,4,0,'body','The storm took the roof off the old mill at Varn.');
INSERT INTO "paragraphs" VALUES(13,5,-1,'title','The bridge is open');
INSERT INTO "paragraphs" VALUES(14,5,0,'body','The old bridge at Ostrava is open again.');
CREATE TABLE removed_articles (article INTEGER NOT NULL, generation INTEGER NOT NULL);
INSERT INTO "removed_articles" VALUES(3,8);
CREATE TABLE removed_vectors (paragraph INTEGER NOT NULL, generation INTEGER NOT NULL);
INSERT INTO "removed_vectors" VALUES(6,7);
INSERT INTO "removed_vectors" VALUES(7,8);
INSERT INTO "removed_vectors" VALUES(8,8);
INSERT INTO "removed_vectors" VALUES(11,12);
CREATE TABLE servers (id INTEGER PRIMARY KEY, rules TEXT NOT NULL);
INSERT INTO "servers" VALUES(7,'{"channels": [], "roles": [], "sources": ["The Lantern"], "private": false, "excerpts": 3, "cooldown": 30, "mentions": true, "log_channel": null}');
CREATE TABLE vectors (
            model INTEGER NOT NULL REFERENCES models ON DELETE CASCADE,
            paragraph INTEGER NOT NULL REFERENCES paragraphs ON DELETE CASCADE,
            generation INTEGER NOT NULL,
            vector BLOB NOT NULL,
            PRIMARY KEY (model, paragraph)
        ) WITHOUT ROWID;
INSERT INTO "vectors" VALUES(1,1,5,X'81317D285122001F1DB1AFAB3BB084A9AC30559D23B1062EEB29F9B0C52C6C2DD8AF0AB070A8F72AC2ABAB242AB1B6B42CAADCB1352BAE2CCAA4B134C01D782A7D32ACACEF2267332E2A52A128A5122809AE92ADDCB2482F1D3384B332288E3016B15D300232AC26C12A4B27D825AFAE4FB072A7EB26A5B38E30CB2E3B30B1AF');
INSERT INTO "vectors" VALUES(1,2,5,X'8027DFA785A8D62890B280247BABC0AC96311EAF12B1AD2E32AA06AF112C882F14ADBDB039A42130B5AD112B94B3E5B44FAFCAB13C279629CBAC8132FB24081FF031E5B29CAC0E3137AEAF221EAD8D28192538200FB5152FED345DAD45293D2BDDABAB2CEE3359A1A7ABE82B2A256DA160AC8EAAEA2882B4D82D85A1652C23AC');
INSERT INTO "vectors" VALUES(1,3,5,X'A72D5E2E39A599A941AFD7AD8BB32D2AF7337C2BB3A9CB2B23AD11A60DAF7F2E91B0AEAD8426511EC7B052B1C82C5AB45AADF82E5D27483115AF5635472A96AE4F3139321E2F0B29DCACE11D0EB0093004A539B2FFB25F9DE52F43ACF3AC79338FAE9930312C49AC8A296F29DDA90BB12BAC2B2858208E9CDF2BEE3047341EA5');
INSERT INTO "vectors" VALUES(1,4,5,X'02B2B5296BAF9E2F5D25452E04166F31332AB7ACC32A12B123A72F28512BF5A7E830F8B0F4B12E3064B0BC27672D442E282980B18A2942AFE2B2E2ADE61CC9AF89A6F6B312B56AB3EBB0662E2C2C8FADA7ACDDA155AC0AB50D30402910ABA319222A4AAB222DE3ACB2A0D3B2CEAF38AE99AFE52CA42CD12143B145B45D147C21');
INSERT INTO "vectors" VALUES(1,5,5,X'1AB2A22BD8A35232FB2AE5ACD3AA062AD2AD35B21026672075B0BE2A37AB0F301E304EB365B14728DDAB712E402FA13093B0BBB0663073212CB2CAAAA1A85B9D3CAE2FB458B417B464ACC8A564A0A8AD37AF283107AEB3B59630C82159AD669D5B2FE62A7929DAA06D2F82B27D28C0AC51AEE52A902AEFADD9AE1DB04B2DE821');
INSERT INTO "vectors" VALUES(1,9,10,X'D0B1173067A423A80A31FC2DA9A3992EB02BF5AC282CF201D8AC5930482E7D3038304DA599B0142A25B4A8AD3B327829EE20B427782FFA20FBACDD24721F98B1F6A309B589B543B20AB10629442C8AAC85A756301F2C2EAF702DC92997B008B60C2F12A9312F18AE432060AB55AB6D3028AF1DA1292EA7AF57A0A9AD2F29D6B0');
INSERT INTO "vectors" VALUES(1,10,15,X'99B2582EB82867A90C31422A67313F32672D68B21F2E24AA46ACE0AC912F7E33AE2F5F2805B02EA71AB1052B43AC3AACDD1D6AA45BB2DFB034ACEA33C7A98AB1CE2E6FB4E6A66BA8D8B0FBAAE6303EAD983275B2072C83AE57334830AFAC902B83A9F72D1F2EA5AEB1AD1AAF61B0B62D0B2A32B3CD9FC3B018AD7B2447A16CA8');
INSERT INTO "vectors" VALUES(1,12,15,X'60B2E62D8F9B30B0C231F5AFC825682D85A4A7B7C42A4831A2AF24AAD41FAA35A12F96AF6DABEEAE87B0FD2C8D92B5AB42B0E12ACF23A328CEACDC29B7A769B2EFA08CB30DB046243EB006287B2D7CAF363351A5BB24C1AF2730AD2CD3ACF2288424272B27310CA887257625C72C7C2E2DAD46B1C6A279B255A8CC28882A169D');
INSERT INTO "vectors" VALUES(1,13,20,X'0CACC82D53A25F24D8310DAFFBA7CCAC15A3C5A9AE2B3C3560B12E2B9B2D4030D3AB4DB247A7DB308CABED30A320AEA9BBAA1F2D2130AE33D42DC0B11DA8291CDBB59DA434AF1BAACC1C2E2A9229EA23A734C9AE5EAF5FAEECA498A43AAC7B25422CB6AC9927702C18AF822E3832D8B17B26F2B1C79E37B4C3315F30A129559D');
INSERT INTO "vectors" VALUES(1,14,20,X'0FAD9029D1A83C26BA2E88B0DDAB77A9A9A19CB0FC2B583465B1E5A0282D2032EFA99AB4ACAAC230CAA0CE2F79AE9DAFE7A87A2E443027337C291DB38728BB2923B44DAF4CB04725FCAABC2EC125432B893442B168AF4DB0F42749AA0FAECF2C80257BA55A29EB2DC9AD51308F313AB24AAC47B1D2A009B30032EC2B292A31A1');
CREATE TABLE versions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
            replaced REAL NOT NULL,
            title TEXT NOT NULL,
            paragraphs TEXT NOT NULL
        );
INSERT INTO "versions" VALUES(1,4,1793534400.0,'Storm at Varn','[["body", "The storm took the roof off the old mill."]]');
CREATE TABLE votes (
            answer INTEGER NOT NULL REFERENCES answers ON DELETE CASCADE,
            member INTEGER NOT NULL,
            good INTEGER NOT NULL,
            PRIMARY KEY (answer, member)
        ) WITHOUT ROWID;
INSERT INTO "votes" VALUES(1,1,1);
CREATE INDEX articles_by_generation ON articles (generation);
CREATE INDEX paragraphs_by_article ON paragraphs (article, position);
CREATE INDEX origins_by_file ON origins (file);
CREATE INDEX vectors_by_paragraph ON vectors (paragraph);
CREATE INDEX vectors_by_generation ON vectors (model, generation);
CREATE INDEX removed_articles_by_generation ON removed_articles (generation);
CREATE INDEX removed_vectors_by_generation ON removed_vectors (generation);
CREATE INDEX articles_by_key ON articles (key);
CREATE INDEX entries_by_guid ON entries (feed, guid);
CREATE INDEX entries_by_key ON entries (feed, key);
CREATE INDEX entries_by_fingerprint ON entries (feed, fingerprint);
CREATE INDEX entries_by_state ON entries (state, due);
CREATE INDEX entries_by_article ON entries (article);
CREATE INDEX versions_by_article ON versions (article);
CREATE INDEX bands_by_piece ON bands (band, piece);
CREATE INDEX answers_by_given ON answers (given);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('articles',5);
INSERT INTO "sqlite_sequence" VALUES('paragraphs',14);
INSERT INTO "sqlite_sequence" VALUES('models',4);
INSERT INTO "sqlite_sequence" VALUES('feeds',1);
INSERT INTO "sqlite_sequence" VALUES('versions',1);
INSERT INTO "sqlite_sequence" VALUES('answers',1);
COMMIT;
PRAGMA user_version = 6;
