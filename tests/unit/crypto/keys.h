/* Keys and signatures made with OpenSSL 3.0 (openssl dgst, pkeyutl) over the text KEYS_MESSAGE. */
#ifndef CRYPTO_TEST_KEYS_H
#define CRYPTO_TEST_KEYS_H

#define KEYS_MESSAGE "signed by somebody else"

#define KEYS_P256_SEC1                                                                                       \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                                       \
    "MHcCAQEEIGbspMgvF6nc07Rhpz9u8kCohlRLiESo7Mfkt+O3h/wioAoGCCqGSM49\n"                                     \
    "AwEHoUQDQgAE/dCArDiCvsWYgpC6dI1G1XA70V9SHO5kPNrtwtbXkwVYwvSaiOK4\n"                                     \
    "/05KNg/omcYAAlIGNXpP0j27hwVUMxVy2A==\n"                                                                 \
    "-----END EC PRIVATE KEY-----\n"

#define KEYS_P256_PKCS8                                                                                      \
    "-----BEGIN PRIVATE KEY-----\n"                                                                          \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZuykyC8XqdzTtGGn\n"                                     \
    "P27yQKiGVEuIRKjsx+S347eH/CKhRANCAAT90ICsOIK+xZiCkLp0jUbVcDvRX1Ic\n"                                     \
    "7mQ82u3C1teTBVjC9JqI4rj/Tko2D+iZxgACUgY1ek/SPbuHBVQzFXLY\n"                                             \
    "-----END PRIVATE KEY-----\n"

#define KEYS_P256_PUBLIC                                                                                     \
    "-----BEGIN PUBLIC KEY-----\n"                                                                           \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/dCArDiCvsWYgpC6dI1G1XA70V9S\n"                                     \
    "HO5kPNrtwtbXkwVYwvSaiOK4/05KNg/omcYAAlIGNXpP0j27hwVUMxVy2A==\n"                                         \
    "-----END PUBLIC KEY-----\n"

#define KEYS_P256_SIGNATURE                                                                                  \
    "3046022100f3d73d1beda28cf3f024a4a7c55e1d3798de5c6735a946d199026c64c2ba34db022100c684a7f4772bd76f"       \
    "30bb6cc59953ef02277c4a598a65cca717789c69e47a9e4f"

#define KEYS_P384_PRIVATE                                                                                    \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                                       \
    "MIGkAgEBBDBZpX2dIsQSEU5ldHUNXVkOe7pabx5sjHCeV+93Y/hb0lOv18jMzC1q\n"                                     \
    "5e7d1p7POFOgBwYFK4EEACKhZANiAAT4JMbGqZoZ4AFXBI3pK6D1NuJpYj6AzANL\n"                                     \
    "7wFMQDBgdCDT6yL3FhuwdKQCvdL6IsBsaL4vPtK3j65F2rV8p3Q51Jp9OVrI3WTp\n"                                     \
    "R/IrhqemvL3DhK2jfNV94TttK/jTlfs=\n"                                                                     \
    "-----END EC PRIVATE KEY-----\n"

#define KEYS_P384_PUBLIC                                                                                     \
    "-----BEGIN PUBLIC KEY-----\n"                                                                           \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE+CTGxqmaGeABVwSN6Sug9TbiaWI+gMwD\n"                                     \
    "S+8BTEAwYHQg0+si9xYbsHSkAr3S+iLAbGi+Lz7St4+uRdq1fKd0OdSafTlayN1k\n"                                     \
    "6UfyK4anpry9w4Sto3zVfeE7bSv405X7\n"                                                                     \
    "-----END PUBLIC KEY-----\n"

#define KEYS_P384_SIGNATURE                                                                                  \
    "3065023100b3d70d5b35afeef0a0931d9bc719526421c006f29f8e222a628dd622e048205b7d1575416ca057ac0f0af2"       \
    "0399de090102307f4486fb4468930af6d795a27276e1a0fdd5be1b64fb0f088a5ee8e0d488b61c17d735afa1fb99f401"       \
    "99ff4fff195089"

#define KEYS_K256_PRIVATE                                                                                    \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                                       \
    "MHQCAQEEIDhzEaTnrLlbEdSr9c3KRr18dJvZQss3P3RihqSAu1fyoAcGBSuBBAAK\n"                                     \
    "oUQDQgAEx69Z4onSCloUxr1t6ptO8tfi/MzJFPxoSIvqi8gv0qWAniTJgfUvy8T2\n"                                     \
    "hyuTBvWXRQ3mSKiABgXecF5TsCy9fQ==\n"                                                                     \
    "-----END EC PRIVATE KEY-----\n"

#define KEYS_K256_PUBLIC                                                                                     \
    "-----BEGIN PUBLIC KEY-----\n"                                                                           \
    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEx69Z4onSCloUxr1t6ptO8tfi/MzJFPxo\n"                                     \
    "SIvqi8gv0qWAniTJgfUvy8T2hyuTBvWXRQ3mSKiABgXecF5TsCy9fQ==\n"                                             \
    "-----END PUBLIC KEY-----\n"

#define KEYS_RSA_PUBLIC                                                                                      \
    "-----BEGIN PUBLIC KEY-----\n"                                                                           \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAstIL9AzPOSIFuFdNhSRP\n"                                     \
    "SDp2Z1fpN3hiitvVqZ6aT/6vEzjNhximfS4hFAU0QWjor0CmF2z9FbYStLJIwI04\n"                                     \
    "YUYBDgL+IHUAsZSm0KRmeCQ9WAEKjpkcs0JHzZNZJpXSvUQgm8gj/CsJwxOYc3mS\n"                                     \
    "wCZd4C54wY22m/+t5y2rt/cw1DM30iON6KEJmDnSNmyYefUtnR4nfllYyn8fH8pb\n"                                     \
    "8oDmgOv+/kxtGU3Jj26ko7CQzwJ1szZAHtMvzINn/TvSYCOTd9GrXDMTBMFY9Gf8\n"                                     \
    "Y1bEMSEJUOjoqvsMvA1kAIXmw+FqQ2G6/qKJF6AGsPssygMOE3821cWIy+B5Wt0b\n"                                     \
    "UQIDAQAB\n"                                                                                             \
    "-----END PUBLIC KEY-----\n"

/* The salt is as long as it can be, 222 bytes. */
#define KEYS_RSA_SIGNATURE                                                                                   \
    "54671253ec106720029cb1a7e642b0d95fc7574f7578a038fcdfecaaa7297662d7bd5395b7f60dc67d823e8ad92a5baf"       \
    "aaf61b70adb8ff46cc1b7da6db2f74c3d1f367363f588b4d837cbeb75a81ec115ac7c517c69a0e01df2017e238d18720"       \
    "295a5ecdb80129f188e092e89897e54f7af1a1e5f798c55ac8c2d12b89ca2bdbf11dba5c6b49a8b9246ad345b400ecac"       \
    "dab62254aa19eb928dd61dde71e04cc68504274f2595de001d33660561976dd661717b86ad58c420449dbabb9d4430fe"       \
    "eebcbdd89e543bcedb507c9f4f1489a7bd76cf141f1d260f06133f7559cba9e7a192797b74116aa13e9beae18c6578fb"       \
    "7c15c73e5909ce556147995c137e14b6"

#define KEYS_RSA_1024_PUBLIC                                                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                                                           \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDbvAITQY7pfKArD/zWXpPLm7v2\n"                                     \
    "39nigmtv0Ejlb/5/lH6No0Xu7UuJ67wbUvlK7mYoStR+NR3ndJoFnh22vdVjOWsR\n"                                     \
    "/2tWsB6MxD6rVKclh9TvVf5yehuAb6rHoMSeNpBahCTENGPJlEygTy9ASzRdoNdM\n"                                     \
    "wtcKUtal3UxthzRfHwIDAQAB\n"                                                                             \
    "-----END PUBLIC KEY-----\n"

#define KEYS_ED25519_PUBLIC                                                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                                                           \
    "MCowBQYDK2VwAyEAUGNqfMBZazy7s+Wdc1Wf/ZFiSyZ7ctqxKubGxH2w+cw=\n"                                         \
    "-----END PUBLIC KEY-----\n"

#define KEYS_ED25519_SIGNATURE                                                                               \
    "4996296b9b79c5a343300a67a08d669665b5255dbe739942d8ec717015e54c8f8652d11596f1c8e8f10936f0f2afd51e"       \
    "1ceccd1fd8c1d51b2c5e94fa8be0a20b"

#endif
