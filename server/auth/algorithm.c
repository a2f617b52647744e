/* The table of signature algorithms; see algorithm.h. */
#include "auth/algorithm.h"

static const struct algorithm algorithms[] = {
    {STR_ROW("HS256"),   KEY_OCT, "SHA256", PADDING_NONE,  {NULL, 0},          0 },
    {STR_ROW("HS384"),   KEY_OCT, "SHA384", PADDING_NONE,  {NULL, 0},          0 },
    {STR_ROW("HS512"),   KEY_OCT, "SHA512", PADDING_NONE,  {NULL, 0},          0 },
    {STR_ROW("RS256"),   KEY_RSA, "SHA256", PADDING_PKCS1, {NULL, 0},          0 },
    {STR_ROW("RS384"),   KEY_RSA, "SHA384", PADDING_PKCS1, {NULL, 0},          0 },
    {STR_ROW("RS512"),   KEY_RSA, "SHA512", PADDING_PKCS1, {NULL, 0},          0 },
    {STR_ROW("PS256"),   KEY_RSA, "SHA256", PADDING_PSS,   {NULL, 0},          0 },
    {STR_ROW("PS384"),   KEY_RSA, "SHA384", PADDING_PSS,   {NULL, 0},          0 },
    {STR_ROW("PS512"),   KEY_RSA, "SHA512", PADDING_PSS,   {NULL, 0},          0 },
    {STR_ROW("ES256"),   KEY_EC,  "SHA256", PADDING_NONE,  STR_ROW("P-256"),   32},
    {STR_ROW("ES384"),   KEY_EC,  "SHA384", PADDING_NONE,  STR_ROW("P-384"),   48},
    {STR_ROW("ES512"),   KEY_EC,  "SHA512", PADDING_NONE,  STR_ROW("P-521"),   66},
    {STR_ROW("EdDSA"),   KEY_OKP, NULL,     PADDING_NONE,  STR_ROW("Ed25519"), 0 },
    {STR_ROW("Ed25519"), KEY_OKP, NULL,     PADDING_NONE,  STR_ROW("Ed25519"), 0 },
};

const struct algorithm *algorithm_find(str name)
{
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (str_eq(algorithms[i].name, name))
            return &algorithms[i];
    return NULL;
}
