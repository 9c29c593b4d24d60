// A dropped folder becomes files: pictures one archive (tar, not packed), other files themselves.

const PICTURE = /\.(png|jpe?g|jfif|bmp|gif|webp|tiff?|avif|jp2)$/i;
const MOST = 200 * 2 ** 20;
const LONGEST = 100;
const BLOCK = 512;

// The browser forgets what was dropped after the event, so entries are taken before any waiting.
export async function dropped(carried) {
  const entries = [...carried.items].map((item) => item.webkitGetAsEntry?.());
  const plain = [...carried.files];
  if (!entries.some((one) => one?.isDirectory)) return plain;
  const parts = await Promise.all(entries.map(async (one, place) =>
    (one?.isDirectory ? unfolded(one) : [plain[place]])));
  return parts.flat();
}

async function unfolded(folder) {
  const found = await inside(folder, "");
  if (!found.length) throw new Error(`The folder ${folder.name} holds no files. Drop another folder.`);
  const pictures = found.filter(({ path }) => PICTURE.test(path));
  if (!pictures.length) return found.map(({ file }) => file);
  const size = pictures.reduce((sum, { file }) => sum + file.size + 2 * BLOCK, 0);
  if (size > MOST) {
    throw new Error(`The pictures of ${folder.name} have more than 200 MiB. `
      + "Drop fewer pictures, or use the command line, which has no such bound.");
  }
  return [archive(folder.name, pictures)];
}

// Hidden files and folders are left out, as on the command line.
async function inside(folder, before) {
  const reader = folder.createReader();
  const found = [];
  for (;;) { // a reader hands on a hundred entries at a time
    const some = await new Promise((done, refused) => { reader.readEntries(done, refused); });
    if (!some.length) return found.sort((one, two) => (one.path < two.path ? -1 : 1));
    for (const entry of some.filter(({ name }) => !name.startsWith("."))) {
      const path = before + entry.name;
      if (entry.isDirectory) found.push(...await inside(entry, `${path}/`));
      else {
        const file = await new Promise((done, refused) => { entry.file(done, refused); });
        found.push({ path, file });
      }
    }
  }
}

function archive(name, pictures) {
  const parts = pictures.flatMap(({ path, file }) =>
    [header(path, file.size), file, new Uint8Array((BLOCK - (file.size % BLOCK)) % BLOCK)]);
  return new File([...parts, new Uint8Array(2 * BLOCK)], `${name}.tar`);
}

// The header of one file of a tar archive (POSIX ustar): texts at fixed places, and a checksum.
function header(path, size) {
  const bytes = new Uint8Array(BLOCK);
  const write = (at, text) => bytes.set(new TextEncoder().encode(text), at);
  if (new TextEncoder().encode(path).length > LONGEST) {
    throw new Error(`The name ${path} is longer than ${LONGEST} bytes. Drop the inner folder, or rename.`);
  }
  write(0, path);
  write(100, "0000644\0");
  write(124, `${size.toString(8).padStart(11, "0")}\0`);
  write(136, "00000000000\0");
  write(148, " ".repeat(8));
  write(156, "0");
  write(257, "ustar\x0000");
  write(148, `${bytes.reduce((sum, one) => sum + one, 0).toString(8).padStart(6, "0")}\0 `);
  return bytes;
}
