/* See handshake.h. */
#include "ws/handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

static bool cut_line(str *rest, str *line)
{
    const char *end = memmem(rest->at, rest->len, "\r\n", 2);

    if (end == NULL)
        return false;
    *line = (str){rest->at, (size_t)(end - rest->at)};
    *rest = str_skip(*rest, line->len + 2);
    return true;
}

static bool is_token(str text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        bool word = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= '0' && byte <= '9');
        if (!word && (byte == '\0' || strchr(others, byte) == NULL))
            return false;
    }
    return text.len > 0;
}

static bool has_controls(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < ' ' && text.at[i] != '\t')
            return true;
    return false;
}

static bool read_request_line(str line, struct handshake *handshake)
{
    str method, target;

    if (!str_cut(&line, ' ', &method) || !str_cut(&line, ' ', &target) ||
        !str_eq(method, STR("GET")) || !str_eq(line, STR("HTTP/1.1")))
        return false;
    handshake->query = STR("");
    handshake->path = target;
    long mark = str_find(target, '?');
    if (mark >= 0) {
        handshake->path.len = (size_t)mark;
        handshake->query = str_skip(target, (size_t)mark + 1);
    }
    return handshake->path.len > 0 && handshake->path.at[0] == '/' && !has_controls(target);
}

static bool read_headers(str rest, struct handshake *handshake)
{
    str line;

    while (cut_line(&rest, &line) && line.len > 0) {
        long colon = str_find(line, ':');
        if (colon < 0 || handshake->nheaders == HANDSHAKE_HEADERS_MAX)
            return false;
        struct handshake_header *header = &handshake->headers[handshake->nheaders++];
        header->name = (str){line.at, (size_t)colon};
        header->value = str_trim(str_skip(line, (size_t)colon + 1));
        if (!is_token(header->name) || has_controls(header->value))
            return false;
    }
    return true;
}

str handshake_header(const struct handshake *handshake, str name)
{
    for (int i = 0; i < handshake->nheaders; i++)
        if (str_ieq(handshake->headers[i].name, name))
            return handshake->headers[i].value;
    return (str){NULL, 0};
}

/* One of a comma list, in any case of letters. */
static bool names(str list, str wanted)
{
    str one;

    while (str_cut(&list, ',', &one))
        if (str_ieq(str_trim(one), wanted))
            return true;
    return false;
}

/* 16 bytes are 24 letters, of which the last two are "==". */
static bool is_key(str key)
{
    enum { LEN = 24 };

    if (key.len != LEN || !str_ends(key, STR("==")))
        return false;
    for (size_t i = 0; i < LEN - 2; i++) {
        char byte = key.at[i];
        bool word = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= '0' && byte <= '9');
        if (!word && byte != '+' && byte != '/')
            return false;
    }
    return true;
}

static enum handshake_state judge(struct handshake *handshake)
{
    str length = handshake_header(handshake, STR("content-length"));

    if (handshake_header(handshake, STR("host")).at == NULL ||
        handshake_header(handshake, STR("transfer-encoding")).at != NULL ||
        (length.at != NULL && !str_eq(length, STR("0"))))
        return HANDSHAKE_BAD;
    if (!names(handshake_header(handshake, STR("upgrade")), STR("websocket")) ||
        !names(handshake_header(handshake, STR("connection")), STR("upgrade")))
        return HANDSHAKE_NO_UPGRADE;
    if (!str_eq(handshake_header(handshake, STR("sec-websocket-version")), STR("13")))
        return HANDSHAKE_BAD_VERSION;
    handshake->key = handshake_header(handshake, STR("sec-websocket-key"));
    return is_key(handshake->key) ? HANDSHAKE_GOOD : HANDSHAKE_BAD;
}

enum handshake_state handshake_read(str text, struct handshake *handshake, size_t *len)
{
    const char *end = memmem(text.at, text.len, "\r\n\r\n", 4);
    str line;

    *handshake = (struct handshake){.nheaders = 0};
    if (end == NULL)
        return text.len >= HANDSHAKE_MAX ? HANDSHAKE_BAD : HANDSHAKE_PARTIAL;
    *len = (size_t)(end - text.at) + 4;
    text.len = *len;
    if (!cut_line(&text, &line) || !read_request_line(line, handshake) ||
        !read_headers(text, handshake))
        return HANDSHAKE_BAD;
    return judge(handshake);
}

/* RFC 6455 4.2.2, 5.4: SHA-1 of the key and a text that no other protocol has, in base64. */
void handshake_accept(str key, char accept[HANDSHAKE_ACCEPT_BYTES])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char text[64 + sizeof(guid)], digest[SHA_DIGEST_LENGTH];
    size_t len = key.len < 64 ? key.len : 64;

    memcpy(text, key.at, len);
    memcpy(text + len, guid, sizeof(guid) - 1);
    SHA1(text, len + sizeof(guid) - 1, digest);
    EVP_EncodeBlock((unsigned char *)accept, digest, sizeof(digest));
}
