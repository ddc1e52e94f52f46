// Makes a photo fit before it goes out, to save the data of whoever sends it.

const MOST_SIDE = 2560; // pixels, as the desk keeps them
const TAKEN = ["image/jpeg", "image/png", "image/webp"];

/** A photo, {type, bytes}, as it is where it fits, else drawn smaller as JPEG; either way marked as fitting. */
export async function fitted(photo) {
  const smaller = await drawn(photo).catch(() => null); // what cannot be drawn, the desk will judge
  return { ...photo, ...smaller, fits: true };
}

async function drawn({ type, bytes }) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([bytes], { type }));
  try {
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = Math.min(1, MOST_SIDE / Math.max(width, height));
    if (scale === 1 && TAKEN.includes(type)) return null;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff"; // what is transparent would turn black
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
    return { type: made.type, bytes: await made.arrayBuffer() };
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
