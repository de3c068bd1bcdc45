// Keeps "in 2 h 40 min" true while the page stands open. Without it the times are those of the load.
(() => {
  const MINUTE = 60_000;

  const say = (minutes) => {
    if (minutes >= 24 * 60) {
      const days = Math.floor(minutes / (24 * 60));
      return `${days} day${days === 1 ? "" : "s"}`;
    }
    const hours = Math.floor(minutes / 60);
    return hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
  };

  const tell = (time) => {
    const left = Date.parse(time.dateTime) - Date.now();
    const minutes = Math.floor(Math.abs(left) / MINUTE);
    const words = minutes === 0 ? "now" : left > 0 ? `in ${say(minutes)}` : `${say(minutes)} ago`;
    if (time.textContent !== words) time.textContent = words;
  };

  const tellAll = () => document.querySelectorAll("time[data-countdown]").forEach(tell);

  document.addEventListener("DOMContentLoaded", tellAll);
  setInterval(tellAll, MINUTE / 2);
})();
